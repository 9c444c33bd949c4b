"""A channel that fails for now: counted, and reported through the other channels if that lasts.

The first failure of a delivery writes a ``held`` row that counts from ``channel_outage_seconds``
later, and a due row that checks the channel's incident at that time. A send that succeeds deletes
both. So the time of the report does not depend on the next try, which the channel may delay by an
hour.
"""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.codec import versioned
from drift.config.model import Timing
from drift.delivery.cursor import Claim, Cursor, DeliveryKey, is_undelivered
from drift.errors import Conflict, DeliveryFailed, NotUnderstood
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import ChannelMessage
from drift.state import due_rows, keys, paging
from drift.state.keys import RowKind

log: Final = logging.getLogger("drift.delivery.deliver")

_MARGIN: Final = timedelta(minutes=1)
"""How far the clock of another instance may be ahead: it may already have counted the outage."""


def note_failure(
    claim: Claim, cursor: Cursor, error: DeliveryFailed, *, now: datetime, timing: Timing
) -> tuple[Cursor, list[Write]]:
    """Return the cursor of a failed send, and the rows that report the outage once it has lasted."""
    delivery_key, why = claim.delivery_key, str(error)
    if since := claim.cursor.held_since:  # rejected before: it counts until it is delivered
        return cursor, [held_row(delivery_key, since, cursor.fingerprint, why=why)]
    since = _fails_since(claim.cursor) or now
    counts = _counts_from(timing, since)
    on_hold = held_row(delivery_key, since, cursor.fingerprint, why=why, counts_from=counts)
    rows: list[Write] = [on_hold]
    if _fails_since(claim.cursor) is None:
        log.warning("channel %s fails for now, trying again: %s", delivery_key.channel, why)
        rows.append(_outage_check(delivery_key, counts))
    return replace(cursor, failing_since=since), rows


def end_outage(claim: Claim, timing: Timing) -> list[Write]:
    """Return the deletes of the rows that counted a failing delivery, now that the channel accepted it."""
    cursor, delivery_key = claim.cursor, claim.delivery_key
    writes: list[Write] = []
    if cursor.held_since or cursor.failing_since:
        writes.append(Delete(delivery_key.held_key))
    if cursor.failing_since:
        check = _outage_check(delivery_key, _counts_from(timing, cursor.failing_since))
        writes.append(Delete(check.key))
    return writes


def _fails_since(cursor: Cursor) -> datetime | None:
    """Return since when sends fail; an earlier version does not update this time when it sends a change."""
    return cursor.failing_since if cursor.attempts else None


def drop_settled(store: Store, channel: str) -> None:
    """Delete ``held`` rows of completed deliveries: an earlier version leaves some behind.

    Stop at the first open delivery: the channel is reported because of it.
    """
    for shard in keys.PARTITIONS:
        for row in paging.all_rows(store, shard, *keys.below(RowKind.HELD, channel)):
            if _is_still_held(store, row):
                return
            with suppress(Conflict):  # held again just now
                store.commit(shard, [Delete(row.key, row.etag)])


def _is_still_held(store: Store, row: Row) -> bool:
    try:
        return is_undelivered(store, DeliveryKey.of(row.data))
    except NotUnderstood:
        return True


def may_be_counted(cursor: Cursor, *, now: datetime, timing: Timing) -> bool:
    """Tell whether a channel's incident may be open because of this delivery."""
    if cursor.failing_since is None:
        return cursor.held_since is not None
    return now + _MARGIN >= _counts_from(timing, cursor.failing_since)


def held_row(
    delivery_key: DeliveryKey,
    since: datetime,
    fingerprint: str,
    *,
    why: str = "",
    remedy: str = "",
    counts_from: datetime | None = None,
) -> Put:
    """Return the row that says that a channel does not take an incident under these settings."""
    data = {
        **delivery_key.details,
        "since": since.isoformat(),
        "fingerprint": fingerprint,
        "why": why,
        "remedy": remedy,
        "counts_from": counts_from.isoformat() if counts_from else "",
    }
    return Put(delivery_key.held_key, versioned(data))


def _counts_from(timing: Timing, since: datetime) -> datetime:
    return bounds.later(since, timedelta(seconds=timing.channel_outage_seconds))


def _outage_check(delivery_key: DeliveryKey, at: datetime) -> Put:
    """Return the due row that checks the channel's incident."""
    message = ChannelMessage(channel=delivery_key.channel, home=delivery_key.resource, took=False)
    return due_rows.due_put(message, at, *delivery_key.names, delivery_key.channel, "outage")
