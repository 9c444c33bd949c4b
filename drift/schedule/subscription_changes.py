"""Apply changes of MONITORED_SUBSCRIPTIONS, and check each hour that each subscription is swept."""

import functools
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from drift import ids
from drift.clock import bounds
from drift.controls.monitor_controls import BLIND, CHANNEL
from drift.errors import Conflict, NotUnderstood
from drift.outbox import first_pages
from drift.ports import Row, Store
from drift.queues.messages import (
    BlindMessage,
    ChannelMessage,
    ConfigMessage,
    WakeMessage,
)
from drift.queues.outbound import Outbound
from drift.queues.own_message import RowMessage
from drift.schedule import walks
from drift.self_monitoring import sweep_health
from drift.self_monitoring.monitor_channel import is_former
from drift.services import Services
from drift.state import keys
from drift.state.due_rows import CONFIG, due_put
from drift.state.sweep_state import stopped_sweep
from drift.state.update import retry_on_conflict
from drift.state.watched_subscriptions import WatchedSubscriptions, find_watched

_CHECKED_EVERY: Final = timedelta(hours=1)


def review_subscriptions(services: Services) -> Outbound:
    """Begin to close unwatched subscriptions, and return a message for each sweep with a problem."""
    store, now, names = services.store, services.clock(), services.facts.subscriptions
    try:
        known, etag = find_watched(store)
    except NotUnderstood:
        return Outbound()  # the version that wrote it does this
    is_same = known is not None and known.since.keys() == set(names)
    if known and is_same and now < bounds.later(known.checked_at, _CHECKED_EVERY):
        return Outbound()
    before = known.since if known else {}
    watched = WatchedSubscriptions(
        since={each: before.get(each, now) for each in names}, checked_at=now
    )
    for subscription in before.keys() - set(names):
        retry_on_conflict(subscription, functools.partial(_stop_sweep, store, subscription))
    message = ConfigMessage(config=_digest(names), unwatched=True)
    due = (
        []
        if is_same
        else [
            walks.step_put(message, message.config, now=now, requeue=services.config.timing.requeue)
        ]
    )
    try:
        store.commit(keys.META, [watched.put(etag), *due])
    except Conflict:  # another instance does it
        return Outbound()
    follow_up = (walks.message_of(each, message) for each in due)
    return sum(follow_up, Outbound()) + sweep_health.messages(services)


def on_unwatched(services: Services, message: ConfigMessage) -> Outbound:
    """Make more resources of unwatched subscriptions due, so that their incidents and index rows end."""
    known, _ = find_watched(services.store)
    names = known.since.keys() if known else ()
    is_newest = message.config == _digest(names)

    def end(row: Row) -> None:
        if ending := _ending(row, names):
            resource = str(row.data["resource"])
            put = due_put(ending, services.clock(), keys.digest(resource))
            services.store.commit(keys.partition(resource), [put])

    return walks.visit_part(
        services.store,
        message,
        end,
        is_newest=is_newest,
        clock=services.clock,
        requeue=services.config.timing.requeue,
    )


def _digest(names: Collection[str]) -> str:
    """Return a hash of the subscriptions, in any order."""
    return keys.digest(" ".join(sorted(names)))


def _stop_sweep(store: Store, subscription: str) -> None:
    """End a sweep; one that begins after the subscription is watched again is its first."""
    try:
        put = stopped_sweep(store, subscription)
    except NotUnderstood:
        return
    if put:
        store.commit(keys.partition(f"/subscriptions/{subscription}"), [put])
    first_pages.forget(store, subscription)


def _ending(row: Row, names: Collection[str]) -> RowMessage | None:
    """Return the message that closes the resource of a row, None if it is watched."""
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
