"""The log lines of a delivery: sent, refused, or waiting, and for what.

Write each after its commit. A refusal names the next try as the cursor then holds it.
"""

import logging
from datetime import datetime
from typing import Final

from drift.delivery.cursor import Claim, Cursor, DeliveryKey, find_cursor, sequence_of
from drift.errors import DeliveryFailed, DeliveryRejected, StoreUnavailable
from drift.notices import Notice
from drift.ports import Row
from drift.services import Services
from drift.state import incident_ids, keys
from drift.trace import Value, trace, trace_at

log: Final = logging.getLogger("drift.delivery.deliver")


def trace_sent(services: Services, held: Claim, notice: Notice, *, is_stored: bool) -> None:
    """Log a change that a channel accepted; one that is not recorded may be sent again."""
    now = services.clock()
    trace_at(
        log,
        logging.INFO if is_stored else logging.WARNING,
        "delivery-sent" if is_stored else "delivery-unrecorded",
        **_names(held.address),
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


def trace_refused(
    services: Services, held: Claim, row: Row, error: DeliveryFailed | DeliveryRejected
) -> None:
    """Log a refusal in the notifier's own words, which carry no secret, and when it is tried again."""
    cursor = _stored_cursor(services, held.address)
    is_final = isinstance(error, DeliveryRejected)
    trace_at(
        log,
        logging.WARNING,
        "delivery-rejected" if is_final else "delivery-failed",
        **_names(held.address),
        sequence=sequence_of(row),
        attempts=cursor.attempts or None,
        held_since=cursor.held_since,
        due=cursor.retry_at,
        **_told_by(error),
        reason=str(error),
    )


def trace_wait(services: Services, delivery_key: DeliveryKey, *, reason: str = "") -> None:
    """Log a delivery that is not made now; without a reason, that of its cursor."""
    cursor = _stored_cursor(services, delivery_key)
    is_claimed = cursor.is_claimed(services.clock())
    trace(
        log,
        "delivery-waits",
        **_names(delivery_key),
        reason=reason
        or ("another sender delivers it" if is_claimed else "the next try is not due yet"),
        until=cursor.claimed_until if is_claimed else cursor.retry_at,
    )


def trace_held(delivery_key: DeliveryKey, since: datetime) -> None:
    """Log the changes of an incident that are held for a channel without settings."""
    trace_at(
        log,
        logging.WARNING,
        "delivery-held",
        **_names(delivery_key),
        held_since=since,
        reason="the channel has no settings",
    )


def trace_given_up(delivery_key: DeliveryKey, sequence: int, since: datetime | None) -> None:
    """Log a change that is recorded as undelivered, since its channel has refused it for too long."""
    trace_at(
        log,
        logging.ERROR,
        "delivery-given-up",
        **_names(delivery_key),
        sequence=sequence,
        refused_since=since,
        reason="the channel has refused it for too long",
    )


def _stored_cursor(services: Services, delivery_key: DeliveryKey) -> Cursor:
    """Return the cursor as it is stored; no delivery fails because its log line lacks a field."""
    try:
        return find_cursor(services, delivery_key)[0]
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
