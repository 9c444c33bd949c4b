"""Apply a change of MONITORED_SUBSCRIPTIONS, and check every ten minutes that each is swept."""

import functools
import itertools
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.controls.monitor_controls import BLIND, CHANNEL
from drift.errors import Conflict, NotUnderstood
from drift.ports import Row, Store, Write
from drift.queues.messages import BlindMessage, ChannelMessage, RowMessage, WakeMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring import sweep_health
from drift.self_monitoring.monitor_channel import is_former
from drift.services import Services
from drift.state import keys, paging
from drift.state.due_rows import CONFIG, due_put
from drift.state.keys import RowKind
from drift.state.sweep_state import stopped_sweep
from drift.state.update import retry_on_conflict
from drift.state.watched_subscriptions import WatchedSubscriptions, find_watched

_CHECKED_EVERY: Final = timedelta(minutes=10)

_LISTED: Final = (RowKind.OPEN, RowKind.UNKNOWN, RowKind.EXCEPTED)
"""Kinds of rows that show something about a resource: what is no longer watched leaves them."""

_MOST_WRITES: Final = 100


def review_subscriptions(services: Services) -> Outbound:
    """End what is no longer watched, and return a message for each sweep in trouble."""
    store, now, names = services.store, services.clock(), services.facts.subscriptions
    try:
        known, etag = find_watched(store)
    except NotUnderstood:
        return Outbound()  # the version that wrote it does this
    is_same = known is not None and known.since.keys() == set(names)
    if known and is_same and now < known.checked_at + _CHECKED_EVERY:
        return Outbound()
    before = known.since if known else {}
    if not is_same:
        _end_unwatched(store, names, before.keys() - set(names), now)
    watched = WatchedSubscriptions(
        since={each: before.get(each, now) for each in names}, checked_at=now
    )
    try:
        store.commit(keys.META, [watched.put(etag)])
    except Conflict:  # another instance does it
        return Outbound()
    return sweep_health.messages(services)


def _end_unwatched(
    store: Store, names: Collection[str], removed: Collection[str], now: datetime
) -> None:
    """Make due all that is open, unknown or excepted in a subscription that is not watched."""
    for subscription in removed:
        retry_on_conflict(subscription, functools.partial(_stop_sweep, store, subscription))
    for shard in keys.PARTITIONS:
        puts: dict[str, list[Write]] = defaultdict(list)
        for row in itertools.chain.from_iterable(
            paging.all_rows(store, shard, *keys.below(kind)) for kind in _LISTED
        ):
            if message := _ending(row, names):
                resource = str(row.data["resource"])
                puts[resource] = [due_put(message, now, keys.digest(resource))]
        writes = [write for each in puts.values() for write in each]
        for at in range(0, len(writes), _MOST_WRITES):
            store.commit(shard, writes[at : at + _MOST_WRITES])


def _stop_sweep(store: Store, subscription: str) -> None:
    """End a sweep; one that begins after the subscription is watched again is its first."""
    try:
        put = stopped_sweep(store, subscription)
    except NotUnderstood:
        return
    if put:
        store.commit(keys.partition(f"/subscriptions/{subscription}"), [put])


def _ending(row: Row, names: Collection[str]) -> RowMessage | None:
    """Return the message that ends what a row shows, None where it is watched."""
    resource, control = str(row.data["resource"]), str(row.data["control"])
    if control == CHANNEL.id:
        message = ChannelMessage(channel=ids.name_of(resource), home=resource, took=False)
        return message if is_former(resource) else None
    subscription = ids.subscription_of(resource)
    if not subscription or subscription in names:
        return None
    if control == BLIND.id:  # the affected resources close the incident of any other dependency
        is_sweep = sweep_health.is_sweep(resource)
        return BlindMessage(dependency=resource) if is_sweep else None
    return WakeMessage(resource=resource, reason=CONFIG)
