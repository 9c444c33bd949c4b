"""The log lines of a delivery: sent, refused, or waiting, and for what.

Write each after its commit. A refusal names the next try as the cursor then holds it.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from drift.delivery.cursor import Claim, Cursor, DeliveryKey, load_cursor, sequence_of
from drift.errors import DeliveryFailed, DeliveryRejected, NotUnderstood, StoreUnavailable
from drift.notices import Heartbeat, Notice
from drift.ports import Row, Store
from drift.state import incident_ids, keys, packing
from drift.trace import Value, trace, trace_at

log: Final = logging.getLogger("drift.delivery.deliver")

_OF_A_CHANGE: Final = {
    "change": "change",
    "closure": "closure",
    "severity": "severity",
    "event": "event_id",
    "version": "code_version",
    "config": "config_hash",
}
"""Fields of the log, and the fields of a stored notice that they show."""


def trace_sent(claim: Claim, notice: Notice, *, now: datetime, is_stored: bool) -> None:
    """Log a change that a channel accepted; if this is not recorded, the change may be sent again."""
    trace_at(
        log,
        logging.INFO if is_stored else logging.WARNING,
        "delivery-sent" if is_stored else "delivery-unrecorded",
        **_names(claim.delivery_key),
        sequence=notice.sequence,
        change=notice.change,
        closure=notice.closure,
        reason=None if is_stored else "another sender took over: the change may be sent twice",
        severity=notice.severity,
        event=notice.event_id or None,
        event_at=notice.event_at,
        read_at=notice.read_at,
        decided_at=notice.decided_at,
        since_event=_seconds(notice.event_at, now),
        since_decision=_seconds(notice.decided_at, now),
        version=notice.code_version,
        config=notice.config_hash,
    )


def trace_heartbeat(claim: Claim, heartbeat: Heartbeat) -> None:
    """Log a heartbeat that a channel accepted."""
    trace(log, "heartbeat-sent", channel=claim.channel.name, at=heartbeat.at)


def trace_refused(
    store: Store, claim: Claim, row: Row, error: DeliveryFailed | DeliveryRejected
) -> None:
    """Log a refusal in the notifier's own words, which contain no secret, and the time of the next try."""
    cursor = _stored_cursor(store, claim.delivery_key)
    is_final = isinstance(error, DeliveryRejected)
    trace_at(
        log,
        logging.WARNING,
        "delivery-rejected" if is_final else "delivery-failed",
        **_names(claim.delivery_key),
        sequence=sequence_of(row),
        **_change_of(row),
        attempts=cursor.attempts or None,
        held_since=cursor.held_since,
        due=cursor.retry_at,
        **_told_by(error),
        reason=str(error),
    )


def trace_wait(
    store: Store,
    delivery_key: DeliveryKey,
    *,
    now: datetime,
    reason: str = "",
    row: Row | None = None,
) -> None:
    """Log a delivery that is not made now; without a reason, that of its cursor."""
    cursor = _stored_cursor(store, delivery_key)
    is_claimed = cursor.is_claimed(now)
    trace(
        log,
        "delivery-waits",
        **_names(delivery_key),
        reason=reason
        or ("another sender delivers it" if is_claimed else "the next try is not due yet"),
        until=cursor.claimed_until if is_claimed else cursor.retry_at,
        **(_change_of(row) if row else {}),
    )


def trace_held(delivery_key: DeliveryKey, row: Row, since: datetime) -> None:
    """Log the changes of an incident that are held for a channel without settings, by the oldest."""
    trace_at(
        log,
        logging.WARNING,
        "delivery-held",
        **_names(delivery_key),
        sequence=sequence_of(row),
        held_since=since,
        **_change_of(row),
        reason="the channel has no settings",
    )


def trace_given_up(claim: Claim, row: Row, error: DeliveryRejected) -> None:
    """Log a change that is recorded as undelivered, because its channel has refused it for too long."""
    trace_at(
        log,
        logging.ERROR,
        "delivery-given-up",
        **_names(claim.delivery_key),
        sequence=sequence_of(row),
        refused_since=claim.cursor.held_since,
        **_told_by(error),
        **_change_of(row),
        reason=f"the channel has refused it for too long; its last answer: {error}",
    )


def trace_never_sent(delivery_key: DeliveryKey, row: Row, since: datetime) -> None:
    """Log the changes of an incident that are given up, because their channel no longer has settings."""
    trace_at(
        log,
        logging.ERROR,
        "delivery-given-up",
        **_names(delivery_key),
        sequence=sequence_of(row),
        refused_since=since,
        **_change_of(row),
        reason="the channel has had no settings for too long",
    )


def _change_of(row: Row) -> dict[str, Value]:
    """Return the log fields of a change that was not sent, without fields that cannot be read.

    The row may be of another version or damaged; the refusal must be logged anyway.
    """
    try:
        notice = packing.unpack(row.data, "notice")
    except NotUnderstood:
        return {}
    if not isinstance(notice, Mapping):
        return {}
    texts = {name: notice.get(field) for name, field in _OF_A_CHANGE.items()}
    times = {name: _time(notice.get(name)) for name in ("event_at", "read_at", "decided_at")}
    return {
        **{name: text for name, text in texts.items() if isinstance(text, str) and text},
        **times,
    }


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _stored_cursor(store: Store, delivery_key: DeliveryKey) -> Cursor:
    """Return the cursor as it is stored; no delivery fails because its log line lacks a field."""
    try:
        return load_cursor(store, delivery_key)[0]
    except StoreUnavailable:
        return Cursor()


def _seconds(since: datetime | None, now: datetime) -> float | None:
    return round((now - since).total_seconds(), 3) if since else None


def _told_by(error: DeliveryFailed | DeliveryRejected) -> dict[str, Value]:
    if isinstance(error, DeliveryFailed):
        return {"retry_after": error.retry_after}
    return {"status": error.status or None}


def _names(delivery_key: DeliveryKey) -> dict[str, Value]:
    resource, control, number = delivery_key.resource, delivery_key.control, delivery_key.number
    return {
        "channel": delivery_key.channel,
        "control": control,
        "resource": resource,
        "hash": keys.digest(resource),
        "number": number,
        "incident": incident_ids.incident_id(control, resource, number),
    }
