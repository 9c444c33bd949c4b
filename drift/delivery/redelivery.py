"""The redelivery row of a change: it asks again for deliveries whose message was lost.

One row for a change, not one for each channel: a batch holds 100 writes, and a resource may fail twenty
controls at once, each told on six channels.
"""

from dataclasses import replace

from drift.codec import decode
from drift.delivery.cursor import Cursor, DeliveryKey
from drift.ports import Delete
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import keys
from drift.state.keys import RowKind


def redeliver(services: Services, delivery_key: DeliveryKey) -> Outbound:
    """Ask again for every delivery of a change that no sender and no row takes care of."""
    return Outbound(
        deliveries=tuple(each.message for each in undelivered_keys(services, delivery_key))
    )


def undelivered_keys(services: Services, delivery_key: DeliveryKey) -> tuple[DeliveryKey, ...]:
    """Return the deliveries that nothing takes care of; where there are none, delete the row.

    Every sender checks after it has stored what it told: so the last one finds that nothing is left.
    """
    net = services.store.get(delivery_key.partition, delivery_key.net)
    if net is None:
        return ()
    cursors = _cursors(services, delivery_key)
    left = tuple(
        replace(delivery_key, channel=channel, due="")
        for channel in net.data["channels"]
        if not _is_in_hand(cursors.get(channel, Cursor()), net.data["sequence"])
    )
    if not left:
        services.store.commit(delivery_key.partition, [Delete(net.key)])
    return left


def _cursors(services: Services, delivery_key: DeliveryKey) -> dict[str, Cursor]:
    rows = services.store.range(
        delivery_key.partition, *keys.below(RowKind.CURSOR, *delivery_key.names)
    )
    return {row.key.rpartition("|")[2]: decode(Cursor, row.data) for row in rows}


def _is_in_hand(cursor: Cursor, sequence: int) -> bool:
    """Tell whether a channel was told, or has a row of its own that asks for another try."""
    return cursor.told >= sequence or bool(cursor.retry_at or cursor.held_since)
