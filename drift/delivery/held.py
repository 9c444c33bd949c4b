"""Hold a change that a channel rejects, try it hourly, and after a day record it as undelivered."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import encode, versioned
from drift.controls.monitor_controls import CHANNEL
from drift.delivery import delivery_log
from drift.delivery.cursor import (
    Claim,
    Cursor,
    DeliveryKey,
    find_cursor,
    oldest_undelivered,
    redelivery_at,
    sequence_of,
    spent_rows,
    store_cursor,
)
from drift.delivery.outages import held_row
from drift.errors import Conflict, DeliveryRejected
from drift.ports import Delete, Put, Row, Write
from drift.queues import outbound
from drift.queues.messages import ChannelMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring import monitor_channel
from drift.services import Services
from drift.state import due_rows, incident_ids, keys
from drift.state.batch import one_write_per_key
from drift.state.keys import RowKind

_A_MOMENT: Final = timedelta(seconds=10)
"""The shortest wait for the change that must be sent first."""


def hold_rejected(services: Services, held: Claim, row: Row, error: DeliveryRejected) -> Outbound:
    """Hold a change until the channel accepts it, and report that through other channels."""
    now, timing, address = services.clock(), services.config.timing, held.address
    since = held.cursor.held_since or now
    at = now + timedelta(seconds=timing.held_seconds)
    if now - since >= timedelta(hours=timing.held_hours):
        return _given_up(services, held, row, at)
    fingerprint = held.channel.fingerprint
    cursor = replace(
        held.cursor.freed(),
        held_since=since,
        retry_at=at,
        fingerprint=fingerprint,
        failing_since=None,
    )
    count, asked = recount_outage(services, address, took=False)
    on_hold = held_row(address, since, fingerprint, why=str(error), remedy=error.remedy)
    store_cursor(
        services, held, cursor, [*spent_rows(address), on_hold, count, redelivery_at(address, at)]
    )
    return asked


def _given_up(services: Services, held: Claim, row: Row, at: datetime) -> Outbound:
    """Record a change that was rejected for a day, and go on to the next one.

    That proves nothing about the channel: its incident stays open until it takes a message.
    """
    address = held.address
    sequence = sequence_of(row)
    name = incident_ids.incident_id(address.control, address.resource, address.number)
    key = keys.key(RowKind.UNDELIVERED, address.channel, *address.names, keys.numbered(sequence))
    data = {
        **address.details,
        "uid": incident_ids.notice_uid(name, sequence),
        "given_up": services.clock().isoformat(),
    }
    cursor = replace(held.cursor.freed(), told=sequence, held_since=None, retry_at=None)
    writes: list[Write] = [
        *spent_rows(address),
        Delete(address.held_key),
        Put(key, versioned(data)),
        redelivery_at(address, at),
    ]
    if store_cursor(services, held, cursor, writes):
        delivery_log.trace_given_up(address, sequence, held.cursor.held_since)
    return Outbound()


def wait_for_previous(services: Services, delivery_key: DeliveryKey) -> Outbound:
    """Delay an opening as long as the one before it, and hold it while that one is held."""
    ahead, _ = find_cursor(services, delivery_key.before)
    cursor, etag = find_cursor(services, delivery_key)
    until = max(filter(None, (ahead.claimed_until, ahead.retry_at, services.clock() + _A_MOMENT)))
    writes: list[Write] = [*spent_rows(delivery_key), redelivery_at(delivery_key, until)]
    cursor = replace(cursor, retry_at=until)
    if ahead.held_since:
        since, fingerprint = cursor.held_since or services.clock(), ahead.fingerprint
        cursor = replace(cursor, held_since=since, fingerprint=fingerprint)
        writes.append(held_row(delivery_key, since, fingerprint))
    writes.append(Put(delivery_key.key, versioned(encode(cursor)), etag))
    try:
        services.store.commit(delivery_key.partition, one_write_per_key(writes))
    except Conflict:
        return Outbound(deliveries=(delivery_key.message,))
    return Outbound()


def hold_without_settings(services: Services, delivery_key: DeliveryKey) -> Outbound:
    """Keep the messages for a channel that is switched off, and count them as held.

    No due row releases them: ``tick`` does when the channel has settings again.
    """
    cursor, etag = find_cursor(services, delivery_key)
    if cursor.claimed_until and cursor.is_claimed(services.clock()):
        after = [*spent_rows(delivery_key), redelivery_at(delivery_key, cursor.claimed_until)]
        services.store.commit(delivery_key.partition, one_write_per_key(after))
        return Outbound()
    if oldest_undelivered(services, delivery_key, cursor) is None or _is_put_aside(cursor):
        services.store.commit(delivery_key.partition, spent_rows(delivery_key))
        return Outbound()
    since = cursor.held_since or services.clock()
    cursor = replace(
        cursor.freed(), held_since=since, retry_at=None, fingerprint="", failing_since=None
    )
    row, asked = recount_outage(services, delivery_key, took=False)
    put = Put(delivery_key.key, versioned(encode(cursor)), etag)
    writes = [*spent_rows(delivery_key), held_row(delivery_key, since, ""), row, put]
    try:
        services.store.commit(delivery_key.partition, one_write_per_key(writes))
    except Conflict:
        return Outbound(deliveries=(delivery_key.message,))
    delivery_log.trace_held(delivery_key, since)
    return asked


def _is_put_aside(cursor: Cursor) -> bool:
    return cursor.held_since is not None and not cursor.fingerprint


def is_outage_reported(services: Services, channel: str) -> bool:
    """Tell whether the incident MONITOR-CHANNEL of a channel is open."""
    name = monitor_channel.channel_id(services, channel)
    key = keys.key(RowKind.OPEN, keys.digest(name), CHANNEL.id)
    return services.store.get(keys.partition(name), key) is not None


def recount_outage(
    services: Services, delivery_key: DeliveryKey, *, took: bool
) -> tuple[Put, Outbound]:
    """Return the row and the message by which the channel's own incident is checked again.

    ``took``: the channel has just accepted a message, the only proof that it is repaired.
    """
    message = ChannelMessage(channel=delivery_key.channel, home=delivery_key.resource, took=took)
    put = due_rows.due_put(message, services.clock(), *delivery_key.names, delivery_key.channel)
    return put, outbound.of_row(put.key, put.data)
