"""Hold a change that a channel rejects, retry it, and record it as undelivered if that lasts.

``timing.held_seconds`` is the time between two tries, ``timing.held_hours`` how long they go on.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import encode, versioned
from drift.config.model import Timing
from drift.delivery import delivery_log
from drift.delivery.cursor import (
    Claim,
    Cursor,
    DeliveryKey,
    last_undelivered,
    load_cursor,
    oldest_undelivered,
    redelivery_at,
    sequence_of,
    spent_rows,
    store_cursor,
)
from drift.delivery.outages import held_row
from drift.delivery.told_record import Told, told_rows
from drift.errors import Conflict, DeliveryRejected
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import ChannelMessage
from drift.queues.outbound import Outbound, of_row
from drift.state import due_rows, incident_ids, keys
from drift.state.batch import one_write_per_key
from drift.state.keys import RowKind

_SHORTEST_WAIT: Final = timedelta(seconds=10)
"""The shortest wait for the previous opening, whose changes must be sent first."""


def hold_rejected(
    store: Store,
    claim: Claim,
    row: Row,
    error: DeliveryRejected,
    *,
    now: datetime,
    timing: Timing,
) -> Outbound:
    """Hold a change until the channel accepts it, and report that through other channels."""
    delivery_key, fingerprint = claim.delivery_key, claim.channel.fingerprint
    since = claim.cursor.held_since or now
    at = now + timedelta(seconds=timing.held_seconds)
    is_over = now - since >= timedelta(hours=timing.held_hours)
    if is_over and not delivery_key.is_heartbeat:  # the next heartbeat replaces it
        _give_up(store, claim, row, error, now=now, next_at=at)
        return Outbound()
    cursor = replace(
        claim.cursor.freed(),
        held_since=since,
        retry_at=at,
        fingerprint=fingerprint,
        failing_since=None,
    )
    recount, follow_up = recount_outage(delivery_key, took=False, now=now)
    on_hold = held_row(delivery_key, since, fingerprint, why=str(error), remedy=error.remedy)
    retry = redelivery_at(delivery_key, at)
    store_cursor(store, claim, cursor, [*spent_rows(delivery_key), on_hold, recount, retry])
    delivery_log.trace_refused(store, claim, row, error)
    return follow_up


def _give_up(
    store: Store,
    claim: Claim,
    row: Row,
    error: DeliveryRejected,
    *,
    now: datetime,
    next_at: datetime,
) -> None:
    """Record a change that was rejected for ``timing.held_hours``, and continue with the next one.

    This proves nothing about the channel: its incident stays open until it accepts a message.
    """
    delivery_key, sequence = claim.delivery_key, sequence_of(row)
    cursor = replace(claim.cursor.freed(), told=sequence, held_since=None, retry_at=None)
    writes: list[Write] = [
        *spent_rows(delivery_key),
        Delete(delivery_key.held_key),
        _undelivered_row(delivery_key, sequence, now),
        redelivery_at(delivery_key, next_at),
        *told_rows(delivery_key, row, Told.GIVEN_UP, now),
    ]
    if store_cursor(store, claim, cursor, writes):
        delivery_log.trace_given_up(claim, row, error)


def _undelivered_row(delivery_key: DeliveryKey, sequence: int, now: datetime) -> Put:
    number = keys.numbered(sequence)
    key = keys.row_key(RowKind.UNDELIVERED, delivery_key.channel, *delivery_key.names, number)
    incident = incident_ids.incident_id(
        delivery_key.control, delivery_key.resource, delivery_key.number
    )
    data = {
        **delivery_key.details,
        "uid": incident_ids.notice_uid(incident, sequence),
        "given_up": now.isoformat(),
    }
    return Put(key, versioned(data))


def wait_for_previous(store: Store, delivery_key: DeliveryKey, *, now: datetime) -> Outbound:
    """Delay an opening as long as the previous one, and hold it while the previous one is on hold."""
    previous, _ = load_cursor(store, delivery_key.before)
    cursor, etag = load_cursor(store, delivery_key)
    times = previous.claimed_until, previous.retry_at, now + _SHORTEST_WAIT
    until = max(each for each in times if each)
    writes: list[Write] = [*spent_rows(delivery_key), redelivery_at(delivery_key, until)]
    cursor = replace(cursor, retry_at=until)
    if previous.held_since:
        since, fingerprint = cursor.held_since or now, previous.fingerprint
        cursor = replace(cursor, held_since=since, fingerprint=fingerprint)
        writes.append(held_row(delivery_key, since, fingerprint))
    if _is_stored(store, delivery_key, cursor, etag, writes=writes):
        return Outbound()
    return Outbound(deliveries=(delivery_key.message,))


def hold_without_settings(store: Store, delivery_key: DeliveryKey, *, now: datetime) -> Outbound:
    """Hold the messages for a channel that is switched off, and count them as held.

    No due row releases them: ``tick`` does this when the channel has settings again.
    """
    cursor, etag = load_cursor(store, delivery_key)
    spent = spent_rows(delivery_key)
    if cursor.claimed_until and cursor.is_claimed(now):
        retry = redelivery_at(delivery_key, cursor.claimed_until)
        store.commit(delivery_key.partition, one_write_per_key([*spent, retry]))
        return Outbound()
    oldest = oldest_undelivered(store, delivery_key, cursor)
    if oldest is None or _is_held_unset(cursor):
        store.commit(delivery_key.partition, spent)
        return Outbound()
    since = cursor.held_since or now
    cursor = replace(
        cursor.freed(), held_since=since, retry_at=None, fingerprint="", failing_since=None
    )
    recount, follow_up = recount_outage(delivery_key, took=False, now=now)
    writes = [*spent, held_row(delivery_key, since, ""), recount]
    if not _is_stored(store, delivery_key, cursor, etag, writes=writes):
        return Outbound(deliveries=(delivery_key.message,))
    delivery_log.trace_held(delivery_key, oldest, since)
    return follow_up


def give_up_without_settings(
    store: Store, delivery_key: DeliveryKey, since: datetime, *, now: datetime
) -> None:
    """Record the changes that wait for a channel without settings as undelivered, once for an incident.

    The last change represents all. Raise NotUnderstood where another version wrote a change.
    """
    cursor, etag = load_cursor(store, delivery_key)
    if cursor.is_claimed(now):
        return
    last = last_undelivered(store, delivery_key, cursor)
    sequence = sequence_of(last) if last else cursor.told
    ended = replace(
        cursor.freed(), told=sequence, held_since=None, retry_at=None, failing_since=None
    )
    writes: list[Write] = [Delete(delivery_key.held_key)]
    if last:
        writes.append(_undelivered_row(delivery_key, sequence, now))
        writes += told_rows(delivery_key, last, Told.GIVEN_UP, now)
    if _is_stored(store, delivery_key, ended, etag, writes=writes) and last:
        delivery_log.trace_never_sent(delivery_key, last, since)


def _is_stored(
    store: Store, delivery_key: DeliveryKey, cursor: Cursor, etag: str, *, writes: list[Write]
) -> bool:
    """Store a cursor that no process has claimed; tell whether it was unchanged since it was read."""
    put = Put(delivery_key.key, versioned(encode(cursor)), etag)
    try:
        store.commit(delivery_key.partition, one_write_per_key([*writes, put]))
    except Conflict:
        return False
    return True


def _is_held_unset(cursor: Cursor) -> bool:
    """Tell whether the delivery is already held because the channel has no settings."""
    return cursor.held_since is not None and not cursor.fingerprint


def recount_outage(delivery_key: DeliveryKey, *, took: bool, now: datetime) -> tuple[Put, Outbound]:
    """Return the row and the message by which the channel's own incident is checked again.

    ``took``: the channel has just accepted a message, the only proof that it is repaired.
    """
    message = ChannelMessage(channel=delivery_key.channel, home=delivery_key.resource, took=took)
    put = due_rows.due_put(message, now, *delivery_key.names, delivery_key.channel)
    return put, of_row(put.key, put.data)
