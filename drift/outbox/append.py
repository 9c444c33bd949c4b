"""Put one change of an incident and its delivery into the outbox, in the same batch."""

from dataclasses import replace
from datetime import datetime

from drift.codec import encode, versioned
from drift.controls.result import ControlResult
from drift.notices import Change
from drift.outbox import routing
from drift.outbox.entry import Moment, OutboxEntry
from drift.outbox.news import news
from drift.outbox.notice_builder import notice_of
from drift.ports import Delete, Put, Write
from drift.queues.messages import DeliverMessage, SpreadMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys, packing
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.incident_record import Incident, incident_put
from drift.state.keys import RowKind
from drift.state.size_limits import bounded_lines


def append(
    services: Services,
    incident: Incident,
    result: ControlResult,
    *,
    change: Change,
    moment: Moment,
    channels: tuple[str, ...] | None = None,
    before: Incident | None = None,
) -> OutboxEntry:
    """Return the incident's row, its change in the outbox, the net under it, and its deliveries.

    ``channels`` get this change, where they are not all channels of the incident. ``before`` is the
    incident as it was told last: an update says what is new.
    """
    told = incident.channels if channels is None else channels
    notice = notice_of(services, incident, result, change=change, moment=moment)
    notice = replace(notice, news=bounded_lines(news(before, incident))) if before else notice
    names = (
        keys.digest(incident.resource_id),
        incident.control_id,
        keys.numbered(incident.number),
    )
    row = versioned({"channels": list(told), **packing.pack(encode(notice), "notice")})
    outbox = Put(keys.key(RowKind.OUTBOX, *names, keys.numbered(incident.sequence)), row)
    net = _net(incident, told, moment.decided_at + REDELIVERY_DELAY, names)
    return OutboxEntry(
        (
            *(incident_put(incident), _open_row(incident, names), outbox),
            *([net] if told else []),
        ),
        Outbound(deliveries=tuple(_delivery(incident, each, net.key) for each in told)),
    )


def append_standalone(
    services: Services,
    result: ControlResult,
    resource_id: str,
    *,
    moment: Moment,
    sequence: int,
    change: Change,
    channels: tuple[str, ...] | None = None,
    context: tuple[str, ...] = (),
) -> OutboxEntry:
    """Return a message that belongs to no incident; for SIEMs, unless ``channels`` are named.

    It is for a verdict that has been unknown for long, a failure excepted from the start, or a digest.
    It has opening number 0 of the finding, so nothing can mistake it for an opening.
    """
    incident = Incident(
        resource_id=resource_id,
        control_id=result.control.id,
        number=0,
        sequence=sequence,
        opened_at=moment.decided_at,
        severity=result.severity or result.control.severity,
        reason=result.verdict.reason,
        evidence=(),
        channels=routing.siems(services.channels) if channels is None else channels,
        context=context,
        phi=result.scope.phi,
        phi_reason=result.scope.why,
    )
    entry = append(services, incident, result, change=change, moment=moment)
    return OutboxEntry(entry.writes[2:], entry.outbound)


def _net(incident: Incident, told: tuple[str, ...], at: datetime, names: tuple[str, ...]) -> Put:
    """Return the row that asks again for lost deliveries, one for all channels."""
    message = SpreadMessage(
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        sequence=incident.sequence,
        channels=told,
    )
    return due_rows.due_put(message, at, *names, keys.numbered(incident.sequence))


def _delivery(incident: Incident, channel: str, net: str) -> str:
    return DeliverMessage(
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        channel=channel,
        net=net,
    ).text


def _open_row(incident: Incident, names: tuple[str, ...]) -> Write:
    key = keys.key(RowKind.OPEN, *names[:2])
    if incident.closure is not None:
        return Delete(key)
    return Put(
        key,
        versioned(
            {
                "resource": incident.resource_id,
                "control": incident.control_id,
                "number": incident.number,
                "severity": incident.severity.value,
                "opened": incident.opened_at.isoformat(),
                "found": incident.found.value,
            }
        ),
    )
