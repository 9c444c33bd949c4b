"""Hold messages that a channel refuses, retry hourly, and record them as undelivered after a day."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift import queue_messages
from drift.codec import encode, versioned
from drift.controls.monitor_controls import CHANNEL
from drift.delivery.cursor import Address, Claim, Cursor, again, find, keep, oldest, spent
from drift.errors import Conflict
from drift.messages import ChannelMessage
from drift.notices import Notice
from drift.ports import Delete, Put, Write
from drift.queue_messages import Work
from drift.self_monitoring import monitor_channel
from drift.services import Parts
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.keys import RowKind

_A_MOMENT: Final = timedelta(seconds=10)
"""The shortest wait for the message that goes first."""


def rejected(parts: Parts, held: Claim, notice: Notice) -> Work:
    """Hold a change until the channel accepts it, and report that through other channels."""
    now, timing, address = parts.clock(), parts.config.timing, held.address
    since = held.cursor.held_since or now
    at = now + timedelta(seconds=timing.held_seconds)
    if now - since >= timedelta(hours=timing.held_hours):
        return _given_up(parts, held, notice, at)
    fingerprint = held.channel.fingerprint
    cursor = replace(held.cursor.freed(), held_since=since, retry_at=at, fingerprint=fingerprint)
    row, asked = recount(parts, address, took=False)
    writes = [*spent(address), held_row(address, since, fingerprint), row, again(address, at)]
    keep(parts, held, cursor, writes)
    return asked


def _given_up(parts: Parts, held: Claim, notice: Notice, at: datetime) -> Work:
    """Record a change that was refused for a day as undelivered, and go on with the next.

    That does not prove that the channel works: its incident stays open until it accepts a message.
    """
    address = held.address
    key = keys.key(
        RowKind.UNDELIVERED, address.channel, *address.names, keys.numbered(notice.sequence)
    )
    data = {**address.details, "uid": notice.uid, "given_up": parts.clock().isoformat()}
    cursor = replace(held.cursor.freed(), told=notice.sequence, held_since=None, retry_at=None)
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
    cursor = replace(cursor.freed(), held_since=since, retry_at=None, fingerprint="")
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


def held_row(address: Address, since: datetime, fingerprint: str) -> Put:
    """Return the row for an incident that a channel refuses under these settings."""
    data = {**address.details, "since": since.isoformat(), "fingerprint": fingerprint}
    return Put(address.held_key, versioned(data))


def is_said(parts: Parts, channel: str) -> bool:
    """Tell whether the incident about this channel's refusals is open."""
    name = monitor_channel.channel_id(parts, channel)
    key = keys.key(RowKind.OPEN, keys.digest(name), CHANNEL.id)
    return parts.store.get(keys.partition(name), key) is not None


def recount(parts: Parts, address: Address, *, took: bool) -> tuple[Put, Work]:
    """Return the row and the message by which the channel's own incident is checked again.

    ``took``: it has just accepted a message, the only proof that it is repaired.
    """
    message = ChannelMessage(channel=address.channel, home=address.resource, took=took)
    put = due_rows.due_put(message, parts.clock(), *address.names, address.channel)
    return put, queue_messages.of_row(put.key, put.data)
