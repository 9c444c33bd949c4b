"""Hold a change that a channel rejects, try it hourly, and after a day record it as undelivered."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import encode, versioned
from drift.controls.monitor_controls import CHANNEL
from drift.delivery.cursor import (
    Address,
    Claim,
    Cursor,
    again,
    find,
    keep,
    oldest,
    sequence_of,
    spent,
)
from drift.delivery.outages import held_row
from drift.errors import Conflict, DeliveryRejected
from drift.ports import Delete, Put, Row, Write
from drift.queues import outbound
from drift.queues.messages import ChannelMessage
from drift.queues.outbound import Work
from drift.self_monitoring import monitor_channel
from drift.services import Parts
from drift.state import due_rows, incident_ids, keys
from drift.state.batch import one_write_per_key
from drift.state.keys import RowKind
from drift.trace import trace_at

log: Final = logging.getLogger("drift.delivery.held")

_A_MOMENT: Final = timedelta(seconds=10)
"""The shortest wait for the change that must be sent first."""


def rejected(parts: Parts, held: Claim, row: Row, error: DeliveryRejected) -> Work:
    """Hold a change until the channel accepts it, and report that through other channels."""
    now, timing, address = parts.clock(), parts.config.timing, held.address
    since = held.cursor.held_since or now
    at = now + timedelta(seconds=timing.held_seconds)
    if now - since >= timedelta(hours=timing.held_hours):
        return _given_up(parts, held, row, at)
    fingerprint = held.channel.fingerprint
    cursor = replace(
        held.cursor.freed(),
        held_since=since,
        retry_at=at,
        fingerprint=fingerprint,
        failing_since=None,
    )
    count, asked = recount(parts, address, took=False)
    on_hold = held_row(address, since, fingerprint, why=str(error), remedy=error.remedy)
    keep(parts, held, cursor, [*spent(address), on_hold, count, again(address, at)])
    return asked


def _given_up(parts: Parts, held: Claim, row: Row, at: datetime) -> Work:
    """Record a change that was rejected for a day, and go on to the next one.

    That proves nothing about the channel: its incident stays open until it takes a message.
    """
    address = held.address
    sequence = sequence_of(row)
    trace_at(
        log,
        logging.ERROR,
        "delivery-given-up",
        channel=address.channel,
        control=address.control,
        resource=address.resource,
        number=address.number,
        sequence=sequence,
        refused_since=held.cursor.held_since,
    )
    name = incident_ids.incident_id(address.control, address.resource, address.number)
    key = keys.key(RowKind.UNDELIVERED, address.channel, *address.names, keys.numbered(sequence))
    data = {
        **address.details,
        "uid": incident_ids.notice_uid(name, sequence),
        "given_up": parts.clock().isoformat(),
    }
    cursor = replace(held.cursor.freed(), told=sequence, held_since=None, retry_at=None)
    writes: list[Write] = [
        *spent(address),
        Delete(address.held_key),
        Put(key, versioned(data)),
        again(address, at),
    ]
    keep(parts, held, cursor, writes)
    return Work()


def behind(parts: Parts, address: Address) -> Work:
    """Delay an opening as long as the one before it, and hold it while that one is held."""
    ahead, _ = find(parts, address.before)
    cursor, etag = find(parts, address)
    until = max(filter(None, (ahead.claimed_until, ahead.retry_at, parts.clock() + _A_MOMENT)))
    writes: list[Write] = [*spent(address), again(address, until)]
    cursor = replace(cursor, retry_at=until)
    if ahead.held_since:
        since, fingerprint = cursor.held_since or parts.clock(), ahead.fingerprint
        cursor = replace(cursor, held_since=since, fingerprint=fingerprint)
        writes.append(held_row(address, since, fingerprint))
    writes.append(Put(address.key, versioned(encode(cursor)), etag))
    try:
        parts.store.commit(address.partition, one_write_per_key(writes))
    except Conflict:
        return Work(deliveries=(address.message,))
    return Work()


def unaddressed(parts: Parts, address: Address) -> Work:
    """Keep the messages for a channel that is switched off, and count them as held.

    No due row releases them: ``tick`` does when the channel has settings again.
    """
    cursor, etag = find(parts, address)
    if cursor.claimed_until and cursor.is_claimed(parts.clock()):
        after = [*spent(address), again(address, cursor.claimed_until)]
        parts.store.commit(address.partition, one_write_per_key(after))
        return Work()
    if oldest(parts, address, cursor) is None or _is_put_aside(cursor):
        parts.store.commit(address.partition, spent(address))
        return Work()
    since = cursor.held_since or parts.clock()
    trace_at(
        log,
        logging.WARNING,
        "delivery-held",
        channel=address.channel,
        control=address.control,
        resource=address.resource,
        number=address.number,
        reason="the channel has no settings",
    )
    cursor = replace(
        cursor.freed(), held_since=since, retry_at=None, fingerprint="", failing_since=None
    )
    row, asked = recount(parts, address, took=False)
    put = Put(address.key, versioned(encode(cursor)), etag)
    writes = [*spent(address), held_row(address, since, ""), row, put]
    try:
        parts.store.commit(address.partition, one_write_per_key(writes))
    except Conflict:
        return Work(deliveries=(address.message,))
    return asked


def _is_put_aside(cursor: Cursor) -> bool:
    return cursor.held_since is not None and not cursor.fingerprint


def is_said(parts: Parts, channel: str) -> bool:
    """Tell whether the incident MONITOR-CHANNEL of a channel is open."""
    name = monitor_channel.channel_id(parts, channel)
    key = keys.key(RowKind.OPEN, keys.digest(name), CHANNEL.id)
    return parts.store.get(keys.partition(name), key) is not None


def recount(parts: Parts, address: Address, *, took: bool) -> tuple[Put, Work]:
    """Return the row and the message by which the channel's own incident is checked again.

    ``took``: the channel has just accepted a message, the only proof that it is repaired.
    """
    message = ChannelMessage(channel=address.channel, home=address.resource, took=took)
    put = due_rows.due_put(message, parts.clock(), *address.names, address.channel)
    return put, outbound.of_row(put.key, put.data)
