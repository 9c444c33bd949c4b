"""The redelivery row of a change: it asks again for deliveries whose message was lost.

One row for a change, not one for each channel: a batch holds 100 writes, and a resource may fail twenty
controls at once, each told on six channels.
"""

from dataclasses import replace

from drift.codec import decode
from drift.delivery.cursor import Address, Cursor
from drift.ports import Delete
from drift.queues.outbound import Work
from drift.services import Parts
from drift.state import keys
from drift.state.keys import RowKind


def spread(parts: Parts, address: Address) -> Work:
    """Ask again for every delivery of a change that no sender and no row takes care of."""
    return Work(deliveries=tuple(each.message for each in missing(parts, address)))


def missing(parts: Parts, address: Address) -> tuple[Address, ...]:
    """Return the deliveries that nothing takes care of; where there are none, delete the row.

    Every sender checks after it has stored what it told: so the last one finds that nothing is left.
    """
    net = parts.store.get(address.partition, address.net)
    if net is None:
        return ()
    cursors = _cursors(parts, address)
    left = tuple(
        replace(address, channel=channel, due="")
        for channel in net.data["channels"]
        if not _is_in_hand(cursors.get(channel, Cursor()), net.data["sequence"])
    )
    if not left:
        parts.store.commit(address.partition, [Delete(net.key)])
    return left


def _cursors(parts: Parts, address: Address) -> dict[str, Cursor]:
    rows = parts.store.range(address.partition, *keys.below(RowKind.CURSOR, *address.names))
    return {row.key.rpartition("|")[2]: decode(Cursor, row.data) for row in rows}


def _is_in_hand(cursor: Cursor, sequence: int) -> bool:
    """Tell whether a channel was told, or has a row of its own that asks for another try."""
    return cursor.told >= sequence or bool(cursor.retry_at or cursor.held_since)
