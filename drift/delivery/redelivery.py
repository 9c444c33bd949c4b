"""The redelivery row of a change: it asks again for deliveries whose message was lost.

There is one row for a change, not one for each channel: a batch holds 100 writes, and a resource may
fail twenty controls at once, each reported on six channels.
"""

from dataclasses import replace

from drift.codec import decode, number_in, texts_in
from drift.delivery.cursor import Cursor, DeliveryKey
from drift.errors import NotUnderstood
from drift.ports import Delete, Row, Store
from drift.queues.outbound import Outbound
from drift.state import keys
from drift.state.due_rows import find_row
from drift.state.keys import RowKind


def redeliver(store: Store, delivery_key: DeliveryKey) -> Outbound:
    """Ask again for every delivery of a change that no sender and no due row covers."""
    row = find_row(store, delivery_key.partition, delivery_key.net)
    if row is None:
        return Outbound()
    uncovered = uncovered_deliveries(store, replace(delivery_key, net=row.key))
    return Outbound(deliveries=tuple(each.message for each in uncovered))


def uncovered_deliveries(store: Store, delivery_key: DeliveryKey) -> tuple[DeliveryKey, ...]:
    """Return the deliveries that nothing covers; where there are none, delete the redelivery row.

    Every sender checks this after it has stored its cursor, so the last one deletes the row. If a
    change has left the outbox, like an old heartbeat, no delivery is missing.
    """
    redelivery = store.get(delivery_key.partition, delivery_key.net)
    if redelivery is None:
        return ()
    try:
        sequence = number_in(redelivery.data, "sequence")
        channels = texts_in(redelivery.data, "channels")
    except NotUnderstood:  # its own message is kept for the version that wrote it
        return ()
    covers = _cursors(store, delivery_key)
    uncovered = tuple(
        replace(delivery_key, channel=channel, due="")
        for channel in channels
        if channel not in covers or not _is_covered(covers[channel], sequence)
    )
    if uncovered and _is_in_outbox(store, delivery_key, sequence):
        return uncovered
    store.commit(delivery_key.partition, [Delete(redelivery.key)])
    return ()


def _is_in_outbox(store: Store, delivery_key: DeliveryKey, sequence: int) -> bool:
    change = keys.row_key(RowKind.OUTBOX, *delivery_key.names, keys.numbered(sequence))
    return store.get(delivery_key.partition, change) is not None


def _cursors(store: Store, delivery_key: DeliveryKey) -> dict[str, Cursor | None]:
    """Return the cursors of an incident by channel, None for one that another version wrote."""
    rows = store.range(delivery_key.partition, *keys.below(RowKind.CURSOR, *delivery_key.names))
    return {row.key.rpartition("|")[2]: _cursor_of(row) for row in rows}


def _cursor_of(row: Row) -> Cursor | None:
    try:
        return decode(Cursor, row.data)
    except NotUnderstood:
        return None


def _is_covered(cursor: Cursor | None, sequence: int) -> bool:
    """Tell whether a channel has received the change, or has its own row for another try.

    A cursor of another version covers nothing: its delivery is requested again, kept as not
    understood and counted, and does not block other channels.
    """
    if cursor is None:
        return False
    return cursor.told >= sequence or bool(cursor.retry_at or cursor.held_since)
