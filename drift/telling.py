"""Put one change of an incident into the outbox, and ask for its delivery, in the same batch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drift import ids, queue_messages, routing
from drift.arm import portal
from drift.codec import encode
from drift.controls.engine import Judgement
from drift.controls.monitor_controls import MONITOR_CONTROLS
from drift.model import Outcome
from drift.notices import Change, Notice
from drift.ports import Delete, Put, Write
from drift.queue_messages import Work
from drift.remediation.az_commands import command
from drift.services import Parts
from drift.state import due_rows, incident_ids, keys, packing
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.incident_record import Incident, incident_put
from drift.state.size_limits import LONGEST, bounded

_LONGEST_COMMAND: Final = 100_000
"""Characters of a repair that an incident keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something was read and decided, and which event led to it ("" where none did)."""

    read_at: datetime
    decided_at: datetime
    event_id: str = ""
    event_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The rows that tell a change, and the messages that get them delivered at once."""

    writes: tuple[Write, ...]
    work: Work


def tell(
    parts: Parts,
    incident: Incident,
    judgement: Judgement,
    *,
    change: Change,
    moment: Moment,
    channels: tuple[str, ...] | None = None,
) -> Told:
    """Return the incident's row, its change in the outbox, the net under it, and its deliveries.

    ``channels`` are told of this change, where that is not everyone who hears of the incident.
    """
    told = incident.channels if channels is None else channels
    notice = notice_of(parts, incident, judgement, change=change, moment=moment)
    names = (
        keys.digest(incident.resource_id),
        incident.control_id,
        keys.numbered(incident.number),
    )
    row = {"channels": list(told), **packing.pack(encode(notice), "notice")}
    outbox = Put(keys.key("outbox", *names, keys.numbered(incident.sequence)), row)
    net = _net(incident, told, moment.decided_at + REDELIVERY_DELAY, names)
    return Told(
        (
            *(incident_put(incident), _open_row(incident, names), outbox),
            *([net] if told else []),
        ),
        Work(deliveries=tuple(_delivery(incident, each, net.key) for each in told)),
    )


def tell_aside(
    parts: Parts,
    judgement: Judgement,
    resource_id: str,
    *,
    moment: Moment,
    sequence: int,
    change: Change,
    channels: tuple[str, ...] | None = None,
    context: tuple[str, ...] = (),
) -> Told:
    """Return what is told beside any incident; to SIEMs, unless ``channels`` are named.

    A verdict that has been unknown for long, a failure excepted from the start, a digest. It stands
    under opening number 0 of the finding, so it can never be taken for an opening.
    """
    incident = Incident(
        resource_id=resource_id,
        control_id=judgement.control.id,
        number=0,
        sequence=sequence,
        opened_at=moment.decided_at,
        severity=judgement.severity or judgement.control.severity,
        reason=judgement.verdict.reason,
        evidence=(),
        channels=routing.siems(parts.channels) if channels is None else channels,
        context=context,
        phi=judgement.scope.phi,
        phi_reason=judgement.scope.why,
    )
    told = tell(parts, incident, judgement, change=change, moment=moment)
    return Told(told.writes[2:], told.work)


def _net(incident: Incident, told: tuple[str, ...], at: datetime, names: tuple[str, ...]) -> Put:
    """Return the row that asks again for deliveries that got lost: one, however many channels."""
    return due_rows.due_put(
        queue_messages.SPREAD,
        at,
        *names,
        keys.numbered(incident.sequence),
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        sequence=incident.sequence,
        channels=list(told),
    )


def _delivery(incident: Incident, channel: str, net: str) -> str:
    return queue_messages.message(
        queue_messages.DELIVER,
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        channel=channel,
        due="",
        net=net,
    )


def _open_row(incident: Incident, names: tuple[str, ...]) -> Write:
    key = keys.key("open", *names[:2])
    if incident.closure is not None:
        return Delete(key)
    return Put(
        key,
        {
            "resource": incident.resource_id,
            "control": incident.control_id,
            "number": incident.number,
            "severity": incident.severity.value,
            "opened": incident.opened_at.isoformat(),
            "found": incident.found.value,
        },
    )


def notice_of(
    parts: Parts, incident: Incident, judgement: Judgement, *, change: Change, moment: Moment
) -> Notice:
    """Return everything that may be said of one change of an incident."""
    control, verdict, facts = judgement.control, judgement.verdict, parts.facts
    name = incident_ids.incident_id(control.id, incident.resource_id, incident.number)
    failing = verdict.outcome in (Outcome.FAIL, Outcome.EXCEPTED)
    return Notice(
        uid=incident_ids.notice_uid(name, incident.sequence),
        finding_uid=incident_ids.finding_uid(control.id, incident.resource_id),
        incident_id=name,
        sequence=incident.sequence,
        change=change,
        closure=incident.closure,
        control_id=control.id,
        title=control.title,
        service=control.service,
        why=control.why,
        hipaa=control.hipaa,
        resource_id=incident.resource_id,
        resource_type=ids.type_of(incident.resource_id),
        subscription_id=ids.subscription_of(incident.resource_id),
        phi=incident.phi,
        phi_reason=incident.phi_reason,
        outcome=verdict.outcome,
        severity=None if change is Change.UNKNOWN else incident.severity,
        reason=verdict.reason[:LONGEST],
        evidence=bounded(verdict.evidence),
        differences=incident.differences,
        fix_command=incident.fix_command if failing else None,
        fix_note=incident.fix_note if failing else "",
        changed_by=incident.closed_by if incident.closure else incident.changed_by,
        is_cause=incident.is_cause and incident.closure is None,
        context=incident.context,
        event_id=moment.event_id,
        event_at=moment.event_at,
        read_at=moment.read_at,
        decided_at=moment.decided_at,
        opened_at=incident.opened_at,
        cloud=facts.cloud,
        portal_url=portal.link(_place(incident), facts.cloud, facts.tenant_id),
        console_url=facts.console_url,
        code_version=facts.code_version,
        config_hash=facts.config_hash,
        found=incident.found,
    )


def _place(incident: Incident) -> str:
    """Return what the portal has a page of: what the monitor says of itself is on none."""
    if incident.control_id in {each.id for each in MONITOR_CONTROLS}:
        return f"/subscriptions/{ids.subscription_of(incident.resource_id)}"
    return incident.resource_id


def fix_command(judgement: Judgement) -> str | None:
    """Return the command that repairs a failure, None where nothing in place does.

    One that nobody could paste is left out: ``phidrift evaluate`` prints it.
    """
    fix = judgement.verdict.fix
    told = command(fix) if fix else None
    return told if told and len(told) <= _LONGEST_COMMAND else None


def fix_note(judgement: Judgement) -> str:
    """Return what to know before the repair, or what to do where no command helps."""
    fix = judgement.verdict.fix
    return fix.note if fix and (fix.note or fix.steps) else judgement.control.fix
