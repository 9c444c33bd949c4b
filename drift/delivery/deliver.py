"""Tell one channel what it has not been told of an incident, in order, and record its answer."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from drift.codec import check_schema, decode
from drift.deferred import change_key, change_put
from drift.delivery import held as delivery_held
from drift.delivery import redelivery
from drift.delivery.cursor import Address, Claim, again, claim, is_untold, keep, oldest, spent
from drift.errors import DeliveryFailed, DeliveryRejected, NotUnderstood
from drift.notices import Notice
from drift.ports import Delete, Row, Write
from drift.queue_messages import Work
from drift.services import Parts
from drift.state import packing

_BUDGET: Final = timedelta(seconds=20)
"""How long one invocation goes on sending; what is left then is asked for again."""


def deliver(parts: Parts, address: Address) -> Work:
    """Send what is unsent, oldest first, until all is told, the channel refuses, or time is up."""
    asked = _deliver(parts, address)
    if address.net:
        redelivery.missing(parts, address)
    return asked


def _deliver(parts: Parts, address: Address) -> Work:
    """Take the cursor and send.

    What is left of the opening before comes first: its end, told last, would pass for this one's.
    """
    channel = next((each for each in parts.channels if each.name == address.channel), None)
    if channel is None:
        return delivery_held.unaddressed(parts, address)
    total = Work()
    if is_untold(parts, address.before):
        total += _deliver(parts, address.before)
        if is_untold(parts, address.before):
            return total + delivery_held.behind(parts, address)
    began = parts.clock()  # before the claim: a store that takes long must not outlast it
    held = claim(parts, address, channel)
    while held:
        row = oldest(parts, address, held.cursor)
        if row is None:
            return total + _released(parts, held)
        if parts.clock() - began >= _BUDGET:
            return total + _postponed(parts, held)
        held, asked = _send(parts, held, row)
        total += asked
    return total


def _send(parts: Parts, held: Claim, row: Row) -> tuple[Claim | None, Work]:
    """Send one change; return the claim while there is more to send, and the work that follows."""
    try:
        check_schema(row.data)
        notice = decode(Notice, packing.unpack(row.data, "notice")).for_channels
    except NotUnderstood as error:
        return _deferred(parts, held, error)
    try:
        held.channel.send(notice, opening=not held.cursor.heard)
    except DeliveryFailed as error:
        return _failed(parts, held, error)
    except DeliveryRejected:
        return None, delivery_held.rejected(parts, held, notice)
    return _told(parts, held, notice)


def _deferred(parts: Parts, held: Claim, error: NotUnderstood) -> tuple[None, Work]:
    """Leave a change of another version where it is, count it, and try again in a while.

    It never counts as told: what comes after it waits for it.
    """
    at = parts.clock() + timedelta(seconds=parts.config.timing.requeue_seconds)
    since = held.cursor.deferred_since or parts.clock()
    cursor = replace(held.cursor.freed(), retry_at=at, deferred_since=since)
    writes: list[Write] = [*spent(held.address), again(held.address, at)]
    if held.cursor.deferred_since is None:
        writes.append(change_put(parts, held.address, error))
    keep(parts, held, cursor, writes)
    return None, Work()


def _told(parts: Parts, held: Claim, notice: Notice) -> tuple[Claim | None, Work]:
    """Record that a change was told; a channel that was said to refuse is looked at again."""
    cursor = replace(
        held.cursor,
        told=notice.sequence,
        heard=notice.closure is None,
        times={**held.cursor.times, str(notice.sequence): parts.clock()},
        attempts=0,
        retry_at=None,
        held_since=None,
        fingerprint="",
        deferred_since=None,
    )
    was_held = held.cursor.held_since is not None
    writes: list[Write] = [Delete(held.address.held_key)] if was_held else []
    if held.cursor.deferred_since:
        writes.append(Delete(change_key(held.address)))
    asked = Work()
    if was_held or delivery_held.is_said(parts, held.address.channel):
        row, asked = delivery_held.recount(parts, held.address, took=True)
        writes.append(row)
    return keep(parts, held, cursor, writes), asked


def _failed(parts: Parts, held: Claim, error: DeliveryFailed) -> tuple[None, Work]:
    """Try again later: 10, 20, 40, 80 s, then every 5 min; never before the channel allows it."""
    delays = parts.config.timing.deliver_retry_seconds
    delay = delays[min(held.cursor.attempts, len(delays) - 1)]
    at = parts.clock() + timedelta(seconds=max(delay, error.retry_after or 0.0))
    cursor = replace(held.cursor.freed(), attempts=held.cursor.attempts + 1, retry_at=at)
    writes: list[Write] = [*spent(held.address), again(held.address, at)]
    if since := held.cursor.held_since:  # repaired, perhaps: it waits as every channel does
        cursor = replace(cursor, fingerprint=held.channel.fingerprint)
        writes.append(delivery_held.held_row(held.address, since, cursor.fingerprint))
    keep(parts, held, cursor, writes)
    return None, Work()


def _released(parts: Parts, held: Claim) -> Work:
    """Give the cursor back with everything told, and ask again for what came in meanwhile."""
    kept = keep(parts, held, held.cursor.freed(), spent(held.address))
    late = kept and oldest(parts, held.address, held.cursor)
    return Work(deliveries=(held.address.message,)) if late else Work()


def _postponed(parts: Parts, held: Claim) -> Work:
    keep(parts, held, held.cursor.freed(), ())
    return Work(deliveries=(held.address.message,))
