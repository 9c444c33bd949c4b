"""Each 10 s: enqueue what is due, release what repaired settings can deliver, apply a new configuration."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.codec import versioned
from drift.controls.monitor_controls import BLIND, CHANNEL
from drift.delivery.cursor import DeliveryKey
from drift.errors import Conflict, NotUnderstood
from drift.ports import Channel, Delete, Put, Row, Store, Write
from drift.queues.messages import BlindMessage, ChannelMessage, RowMessage, WakeMessage
from drift.queues.outbound import Outbound, of_row
from drift.self_monitoring.subscription_changes import review_subscriptions
from drift.services import Services
from drift.state import keys, paging
from drift.state.batch import one_write_per_key
from drift.state.due_rows import CONFIG, due_put, wake_at
from drift.state.keys import RowKind
from drift.state.resource_record import load_record
from drift.state.update import retry_on_conflict

log: Final = logging.getLogger("drift.tick")

_PAGE: Final = 200
"""Due rows taken from one partition in one tick; the next tick takes the rest."""

_JUDGED: Final = (RowKind.OPEN, RowKind.UNKNOWN, RowKind.EXCEPTED)
"""Kinds of rows whose resources are judged again under a new configuration."""

_PAIRS: Final = 50
"""Rows moved in one batch: each is a delete and a put, and a batch holds 100 writes."""


def tick(services: Services) -> Outbound:
    """Return a message for every row that is due, moved on so that none is enqueued twice."""
    store = services.store
    _apply_configuration(store, services.facts.config_hash, services.clock())
    delay = timedelta(seconds=services.config.timing.requeue_seconds)
    total = review_subscriptions(services)
    for shard in keys.PARTITIONS:
        now = services.clock()
        total += _due(store, shard, now=now, moved_to=now + delay)
        total += _released(store, shard, services.channels)
    return total


def _due(store: Store, shard: str, *, now: datetime, moved_to: datetime) -> Outbound:
    rows = store.range(shard, f"{RowKind.DUE}|", keys.key(RowKind.DUE, keys.stamp(now)), _PAGE)
    pages = (rows[at : at + _PAIRS] for at in range(0, len(rows), _PAIRS))
    return sum((_moved(store, shard, each, moved_to) for each in pages), Outbound())


def _moved(store: Store, shard: str, rows: Sequence[Row], at: datetime) -> Outbound:
    """Move rows on, then enqueue them: if the message is lost, the row comes due again.

    Where another instance has moved one of them already, the others are moved one by one.
    """
    writes: list[Write] = []
    total = Outbound()
    for row in rows:
        _, _, *names = row.key.split("|")
        moved = keys.key(RowKind.DUE, keys.stamp(at), *names)
        writes += [Delete(row.key, row.etag), Put(moved, row.data)]
        total += of_row(moved, row.data)
    try:
        store.commit(shard, one_write_per_key(writes))
    except Conflict:
        alone = (_moved(store, shard, [row], at) for row in rows if len(rows) > 1)
        return sum(alone, Outbound())
    return total


def _released(store: Store, shard: str, channels: Sequence[Channel]) -> Outbound:
    """Return a delivery for all that a channel rejected under settings that have changed since."""
    now = {each.name: each.fingerprint for each in channels}
    rows = paging.all_rows(store, shard, *keys.below(RowKind.HELD))
    stale = (row for row in rows if now.get(row.data["channel"], "") != row.data["fingerprint"])
    return Outbound(deliveries=tuple(_delivery_key(row).message for row in stale))


def _delivery_key(row: Row) -> DeliveryKey:
    return DeliveryKey(
        **{name: row.data[name] for name in ("resource", "control", "number", "channel")}
    )


def _apply_configuration(store: Store, config_hash: str, now: datetime) -> None:
    """Make due whatever is open, unknown or excepted when the configuration has changed."""
    key = keys.key(RowKind.META, "config")
    row = store.get(keys.META, key)
    if row is not None and row.data["hash"] == config_hash:
        return
    if row is not None:
        for resource_id, control_id in _judged(store):
            _judge_again(store, resource_id, control_id, now)
    store.commit(keys.META, [Put(key, versioned({"hash": config_hash}))])


def _judged(store: Store) -> Iterator[tuple[str, str]]:
    """Yield the resource and the control of all that is open, unknown or excepted, each resource once."""
    seen: set[str] = set()
    for shard, kind in itertools.product(keys.PARTITIONS, _JUDGED):
        for row in paging.all_rows(store, shard, *keys.below(kind)):
            resource_id = str(row.data["resource"])
            if resource_id not in seen:
                seen.add(resource_id)
                yield resource_id, str(row.data["control"])


def _judge_again(store: Store, resource_id: str, control_id: str, now: datetime) -> None:
    """Make a resource due; the id of the monitor's own incident names nothing that ARM could read."""
    if control_id == BLIND.id:
        _ask(store, resource_id, BlindMessage(dependency=resource_id), now)
    elif control_id == CHANNEL.id:
        channel = ids.name_of(resource_id)
        recount = ChannelMessage(channel=channel, home=resource_id, took=False)
        _ask(store, resource_id, recount, now)
    else:
        _wake_readable(store, resource_id, now)


def _ask(store: Store, subject: str, message: RowMessage, at: datetime) -> None:
    store.commit(keys.partition(subject), [due_put(message, at, keys.digest(subject))])


def _wake_readable(store: Store, resource_id: str, at: datetime) -> None:
    """Make a resource due; where another version wrote its record, its message is kept until then."""
    try:
        _wake(store, resource_id, at)
    except NotUnderstood as error:
        log.warning("a resource is not evaluated by the new configuration: %s", error)
        _ask(store, resource_id, WakeMessage(resource=resource_id, reason=CONFIG), at)


def _wake(store: Store, resource_id: str, at: datetime) -> None:
    def attempt() -> None:
        stored = load_record(store, resource_id)
        record, writes = wake_at(stored.record, CONFIG, at)
        put = replace(stored, record=record).put()
        store.commit(keys.partition(resource_id), [*writes, put])

    retry_on_conflict(resource_id, attempt)
