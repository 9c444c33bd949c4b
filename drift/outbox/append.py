"""Put one change of an incident into the outbox, with the messages that deliver it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from drift.codec import encode, versioned
from drift.controls.result import ControlResult
from drift.notices import Change, Notice
from drift.outbox import evidence_rows
from drift.outbox.entry import Moment, OutboxEntry
from drift.outbox.evidence_record import change_record
from drift.outbox.news import news
from drift.outbox.notice_builder import notice_of
from drift.ports import Delete, Put, Write
from drift.queues.messages import DeliverMessage, SpreadMessage
from drift.queues.outbound import Outbound
from drift.services import AppInfo
from drift.state import due_rows, keys, packing
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.incident_record import Incident, incident_put
from drift.state.keys import RowKind
from drift.state.size_limits import bounded_lines


def append(
    app: AppInfo,
    incident: Incident,
    result: ControlResult,
    *,
    change: Change,
    moment: Moment,
    channels: tuple[str, ...] | None = None,
    before: Incident | None = None,
) -> OutboxEntry:
    """Return the rows of an incident and of its change, and the messages that deliver the change.

    ``channels`` get this change, where they are not all channels of the incident. ``before`` is the
    incident as it was last reported: an update says what is new.
    """
    notice = notice_of(app, incident, result, change=change, moment=moment)
    notice = replace(notice, news=bounded_lines(news(before, incident))) if before else notice
    entry = _entry(app, incident, notice, incident.channels if channels is None else channels)
    return replace(entry, writes=(incident_put(incident), _open_row(incident), *entry.writes))


def append_standalone(
    app: AppInfo,
    result: ControlResult,
    resource_id: str,
    *,
    moment: Moment,
    sequence: int,
    change: Change,
    channels: tuple[str, ...],
    context: tuple[str, ...] = (),
) -> OutboxEntry:
    """Return the rows and messages of a notification that belongs to no incident.

    It reports a verdict that has been unknown for long, a failure excepted from the start, or a
    digest. It has opening number 0 of the finding and no incident row, so it never counts as an
    opening.
    """
    finding = Incident(
        resource_id=resource_id,
        control_id=result.control.id,
        number=0,
        sequence=sequence,
        opened_at=moment.decided_at,
        severity=result.severity or result.control.severity,
        reason=result.verdict.reason,
        evidence=(),
        channels=channels,
        context=context,
        phi=result.scope.phi,
        phi_reason=result.scope.why,
    )
    notice = notice_of(app, finding, result, change=change, moment=moment)
    return _entry(app, finding, notice, channels)


def _entry(
    app: AppInfo, incident: Incident, notice: Notice, channels: tuple[str, ...]
) -> OutboxEntry:
    """Return the outbox row of a change, its redelivery row, and a message for each channel."""
    data: dict[str, Any] = {"channels": list(channels), **packing.pack(encode(notice), "notice")}
    recorded: list[Write] = []
    if app.keeps_evidence:
        data[evidence_rows.RECORDED] = True
        recorded += _record_rows(incident, notice, channels)
    key = keys.row_key(RowKind.OUTBOX, *_names(incident), keys.numbered(incident.sequence))
    outbox = Put(key, versioned(data))
    if not channels:
        return OutboxEntry((outbox, *recorded), Outbound(), notice, channels)
    redelivery = _redelivery_row(incident, channels, notice.decided_at)
    messages = tuple(_delivery(incident, each, redelivery.key) for each in channels)
    outbound = Outbound(deliveries=messages)
    return OutboxEntry((outbox, redelivery, *recorded), outbound, notice, channels)


def _record_rows(incident: Incident, notice: Notice, channels: tuple[str, ...]) -> list[Put]:
    return evidence_rows.record_rows(
        keys.partition(incident.resource_id),
        change_record(notice, channels),
        notice.decided_at,
        *_names(incident),
        keys.numbered(incident.sequence),
    )


def _names(incident: Incident) -> tuple[str, ...]:
    """Return the part that the keys of all rows of the incident share, after their kind."""
    return keys.digest(incident.resource_id), incident.control_id, keys.numbered(incident.number)


def _redelivery_row(incident: Incident, channels: tuple[str, ...], decided_at: datetime) -> Put:
    """Return the row that asks again for lost deliveries, one for all channels."""
    message = SpreadMessage(
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        sequence=incident.sequence,
        channels=channels,
        decided_at=decided_at,
    )
    at = decided_at + REDELIVERY_DELAY
    return due_rows.due_put(message, at, *_names(incident), keys.numbered(incident.sequence))


def _delivery(incident: Incident, channel: str, redelivery_key: str) -> str:
    return DeliverMessage(
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        channel=channel,
        net=redelivery_key,
    ).text


def _open_row(incident: Incident) -> Write:
    """Return the write that lists an incident as open, or no longer."""
    key = keys.row_key(RowKind.OPEN, keys.digest(incident.resource_id), incident.control_id)
    if incident.closure is not None:
        return Delete(key)
    data = {
        "resource": incident.resource_id,
        "control": incident.control_id,
        "number": incident.number,
        "severity": incident.severity.value,
        "opened": incident.opened_at.isoformat(),
        "found": incident.found.value,
    }
    return Put(key, versioned(data))
