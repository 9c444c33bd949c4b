"""Each 10 s: enqueue what is due, release what repaired settings can tell, follow new rules."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from drift.codec import versioned
from drift.controls.monitor_controls import BLIND, CHANNEL
from drift.delivery.cursor import DeliveryKey
from drift.errors import Conflict, NotUnderstood
from drift.ports import Delete, Put, Row, Write
from drift.queues.messages import BlindMessage, ChannelMessage, RowMessage
from drift.queues.outbound import Outbound, of_row
from drift.services import Services
from drift.state import keys, paging
from drift.state.batch import one_write_per_key
from drift.state.due_rows import CONFIG, due_put, wake_at
from drift.state.keys import RowKind
from drift.state.resource_record import load_record

log: Final = logging.getLogger("drift.tick")

_PAGE: Final = 200
"""Due rows taken from one partition in one tick; what is left is taken by the next."""

_FOLLOWING: Final = (RowKind.OPEN, RowKind.UNKNOWN, RowKind.EXCEPTED)
"""Kinds of rows whose resources are looked at again under new rules."""

_PAIRS: Final = 50
"""Rows moved in one batch: each is a delete and a put, and a batch holds 100 writes."""


def tick(services: Services) -> Outbound:
    """Return a message for every row that is due, moved on so that none is enqueued twice."""
    _follow_new_rules(services)
    total = Outbound()
    for shard in keys.PARTITIONS:
        total += _due(services, shard) + _repaired(services, shard)
    return total


def _due(services: Services, shard: str) -> Outbound:
    now = services.clock()
    rows = services.store.range(
        shard, f"{RowKind.DUE}|", keys.key(RowKind.DUE, keys.stamp(now)), _PAGE
    )
    total = Outbound()
    for at in range(0, len(rows), _PAIRS):
        total += _moved(services, shard, rows[at : at + _PAIRS])
    return total


def _moved(services: Services, shard: str, rows: Sequence[Row]) -> Outbound:
    """Move rows on, then enqueue them: if the message is lost, the row comes due again.

    Where another instance was faster with one of them, the others go one by one.
    """
    at = services.clock() + timedelta(seconds=services.config.timing.requeue_seconds)
    writes: list[Write] = []
    total = Outbound()
    for row in rows:
        _, _, *names = row.key.split("|")
        moved = keys.key(RowKind.DUE, keys.stamp(at), *names)
        writes += [Delete(row.key, row.etag), Put(moved, row.data)]
        total += of_row(moved, row.data)
    try:
        services.store.commit(shard, one_write_per_key(writes))
    except Conflict:
        alone = (_moved(services, shard, [row]) for row in rows if len(rows) > 1)
        return sum(alone, Outbound())
    return total


def _repaired(services: Services, shard: str) -> Outbound:
    """Return a delivery for all that a channel refused under settings it no longer has."""
    now = {each.name: each.fingerprint for each in services.channels}
    rows = paging.all_rows(services.store, shard, *keys.below(RowKind.HELD))
    stale = (row for row in rows if now.get(row.data["channel"], "") != row.data["fingerprint"])
    return Outbound(deliveries=tuple(_address(row).message for row in stale))


def _address(row: Row) -> DeliveryKey:
    return DeliveryKey(
        **{name: row.data[name] for name in ("resource", "control", "number", "channel")}
    )


def _follow_new_rules(services: Services) -> None:
    """Make due whatever is open, unknown or excepted when the operator asks for something else."""
    key = keys.key(RowKind.META, "config")
    row = services.store.get(keys.META, key)
    if row is not None and row.data["hash"] == services.facts.config_hash:
        return
    if row is not None:
        for resource_id, control_id in _unsettled(services):
            _follow(services, resource_id, control_id)
    services.store.commit(keys.META, [Put(key, versioned({"hash": services.facts.config_hash}))])


def _unsettled(services: Services) -> Iterator[tuple[str, str]]:
    """Yield the resource and the control of all that is marked so, each resource once."""
    seen: set[str] = set()
    for shard, kind in itertools.product(keys.PARTITIONS, _FOLLOWING):
        for row in paging.all_rows(services.store, shard, *keys.below(kind)):
            resource_id = str(row.data["resource"])
            if resource_id not in seen:
                seen.add(resource_id)
                yield resource_id, str(row.data["control"])


def _follow(services: Services, resource_id: str, control_id: str) -> None:
    """Have it looked at again; what the monitor says of itself is about nothing that ARM knows."""
    if control_id == BLIND.id:
        _ask(services, resource_id, BlindMessage(dependency=resource_id))
    elif control_id == CHANNEL.id:
        channel = resource_id.rpartition("/")[2]
        again = ChannelMessage(channel=channel, home=resource_id, took=False)
        _ask(services, resource_id, again)
    else:
        _wake_readable(services, resource_id)


def _ask(services: Services, subject: str, message: RowMessage) -> None:
    again = due_put(message, services.clock(), keys.digest(subject))
    services.store.commit(keys.partition(subject), [again])


def _wake_readable(services: Services, resource_id: str) -> None:
    """Make a resource due; what another version wrote of it the sweep compares, once it is read."""
    try:
        _wake(services, resource_id)
    except NotUnderstood as error:
        log.warning("a resource is not judged by the new configuration: %s", error)


def _wake(services: Services, resource_id: str) -> None:
    while True:
        stored = load_record(services.store, resource_id)
        record, writes = wake_at(stored.record, CONFIG, services.clock())
        try:
            services.store.commit(
                keys.partition(resource_id), [*writes, replace(stored, record=record).put()]
            )
        except Conflict:
            continue
        return
