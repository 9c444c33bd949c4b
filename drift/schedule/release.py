"""Changed settings of a channel: send the messages that it refused before, a page at a time."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import text_in
from drift.delivery.cursor import DeliveryKey
from drift.errors import NotUnderstood
from drift.ports import Channel, Row, Store
from drift.queues.messages import ReleaseMessage
from drift.queues.outbound import Outbound
from drift.schedule import walks
from drift.state import keys
from drift.state.keys import RowKind

_PAGE: Final = 200
"""How many held deliveries one message visits."""

_KEY: Final = keys.row_key(RowKind.META, "channels")


def begin_release(
    store: Store, channels: Collection[Channel], *, now: datetime, requeue: timedelta
) -> Outbound:
    """Begin the walk if the settings of a channel have changed."""
    digest = _digest(channels)
    row = store.get(keys.META, _KEY)
    if row is not None and row.data.get("channels") == digest:
        return Outbound()
    if row is None and not _is_any_held(store):
        walks.begin(store, row, _KEY, {"channels": digest}, due=())
        return Outbound()
    message = ReleaseMessage(channels=digest)
    put = walks.step_put(message, digest, now=now, requeue=requeue)
    # An instance that still has the earlier settings may hold more messages, so the walk is
    # repeated once.
    later = walks.step_put(message, digest, "again", now=now, requeue=requeue)
    is_begun = walks.begin(store, row, _KEY, {"channels": digest}, due=[put, later])
    return walks.message_of(put, message) if is_begun else Outbound()


def on_release(
    store: Store,
    channels: Collection[Channel],
    message: ReleaseMessage,
    *,
    now: datetime,
    requeue: timedelta,
) -> Outbound:
    """Return a delivery for each held one of a page whose channel has other settings now.

    The message of the next page is put on the queue together with these deliveries. The due row
    stays at this page until that message is handled, so no page is lost.
    """
    row = store.get(keys.META, _KEY)
    if walks.due_row(store, message) is None:
        return Outbound()
    if row is None or row.data.get("channels") != message.channels:
        walks.end_part(store, message)
        return Outbound()
    if _digest(channels) != message.channels:
        return Outbound()  # an instance that has these settings does it
    found = walks.rows_after(store, (RowKind.HELD,), message.shard, message.after)
    page = list(itertools.islice(found, _PAGE))
    fingerprints = {each.name: each.fingerprint for each in channels}
    stale = (each for _, row in page if (each := _stale(row, fingerprints)))
    deliveries = Outbound(deliveries=tuple(each.message for each in stale))
    if not page:
        walks.end_part(store, message)
        return deliveries
    put = walks.step_put(
        message, message.channels, message.after, message.due, now=now, requeue=requeue
    )
    if not walks.end_part(store, message, put):
        return Outbound()
    shard, last = page[-1]
    return deliveries + walks.message_of(put, replace(message, shard=shard, after=last.key))


def _is_any_held(store: Store) -> bool:
    return next(walks.rows_after(store, (RowKind.HELD,), "", ""), None) is not None


def _digest(channels: Collection[Channel]) -> str:
    """Return a hash of the settings of all channels."""
    names = sorted(f"{each.name}={each.fingerprint}" for each in channels)
    return keys.digest("\n".join(names))


def _stale(row: Row, fingerprints: Mapping[str, str]) -> DeliveryKey | None:
    """Return the delivery of a row, None if its channel still has the same settings.

    Also None for a row of another version: that version releases it.
    """
    try:
        delivery_key, held_under = DeliveryKey.of(row.data), text_in(row.data, "fingerprint")
    except NotUnderstood:
        return None
    return delivery_key if fingerprints.get(delivery_key.channel, "") != held_under else None
