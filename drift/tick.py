"""Once a minute: enqueue what is due, release what repaired settings can tell, follow new rules."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from drift.codec import versioned
from drift.controls.monitor_controls import BLIND, CHANNEL
from drift.delivery.cursor import Address
from drift.errors import Conflict, NotUnderstood
from drift.ports import Delete, Put, Row, Write
from drift.queues.messages import BlindMessage, ChannelMessage, RowMessage
from drift.queues.outbound import Work, of_row
from drift.services import Parts
from drift.state import keys, paging
from drift.state.batch import one_write_per_key
from drift.state.due_rows import CONFIG, due_put, wake_at
from drift.state.keys import RowKind
from drift.state.resource_record import load

log: Final = logging.getLogger("drift.tick")

_PAGE: Final = 200
"""Due rows taken from one partition in one tick; what is left is taken by the next."""

_FOLLOWING: Final = (RowKind.OPEN, RowKind.UNKNOWN, RowKind.EXCEPTED)
"""Kinds of rows whose resources are looked at again under new rules."""

_PAIRS: Final = 50
"""Rows moved in one batch: each is a delete and a put, and a batch holds 100 writes."""


def tick(parts: Parts) -> Work:
    """Return a message for every row that is due, moved on so that none is enqueued twice."""
    _follow_new_rules(parts)
    total = Work()
    for shard in keys.PARTITIONS:
        total += _due(parts, shard) + _repaired(parts, shard)
    return total


def _due(parts: Parts, shard: str) -> Work:
    now = parts.clock()
    rows = parts.store.range(
        shard, f"{RowKind.DUE}|", keys.key(RowKind.DUE, keys.stamp(now)), _PAGE
    )
    total = Work()
    for at in range(0, len(rows), _PAIRS):
        total += _moved(parts, shard, rows[at : at + _PAIRS])
    return total


def _moved(parts: Parts, shard: str, rows: Sequence[Row]) -> Work:
    """Move rows on, then enqueue them: if the message is lost, the row comes due again.

    Where another instance was faster with one of them, the others go one by one.
    """
    at = parts.clock() + timedelta(seconds=parts.config.timing.requeue_seconds)
    writes: list[Write] = []
    total = Work()
    for row in rows:
        _, _, *names = row.key.split("|")
        moved = keys.key(RowKind.DUE, keys.stamp(at), *names)
        writes += [Delete(row.key, row.etag), Put(moved, row.data)]
        total += of_row(moved, row.data)
    try:
        parts.store.commit(shard, one_write_per_key(writes))
    except Conflict:
        alone = (_moved(parts, shard, [row]) for row in rows if len(rows) > 1)
        return sum(alone, Work())
    return total


def _repaired(parts: Parts, shard: str) -> Work:
    """Return a delivery for all that a channel refused under settings it no longer has."""
    now = {each.name: each.fingerprint for each in parts.channels}
    rows = paging.every(parts.store, shard, *keys.below(RowKind.HELD))
    stale = (row for row in rows if now.get(row.data["channel"], "") != row.data["fingerprint"])
    return Work(deliveries=tuple(_address(row).message for row in stale))


def _address(row: Row) -> Address:
    return Address(
        **{name: row.data[name] for name in ("resource", "control", "number", "channel")}
    )


def _follow_new_rules(parts: Parts) -> None:
    """Make due whatever is open, unknown or excepted when the operator asks for something else."""
    key = keys.key(RowKind.META, "config")
    row = parts.store.get(keys.META, key)
    if row is not None and row.data["hash"] == parts.facts.config_hash:
        return
    if row is not None:
        for resource_id, control_id in _unsettled(parts):
            _follow(parts, resource_id, control_id)
    parts.store.commit(keys.META, [Put(key, versioned({"hash": parts.facts.config_hash}))])


def _unsettled(parts: Parts) -> Iterator[tuple[str, str]]:
    """Yield the resource and the control of all that is marked so, each resource once."""
    seen: set[str] = set()
    for shard, kind in itertools.product(keys.PARTITIONS, _FOLLOWING):
        for row in paging.every(parts.store, shard, *keys.below(kind)):
            resource_id = str(row.data["resource"])
            if resource_id not in seen:
                seen.add(resource_id)
                yield resource_id, str(row.data["control"])


def _follow(parts: Parts, resource_id: str, control_id: str) -> None:
    """Have it looked at again; what the monitor says of itself is about nothing that ARM knows."""
    if control_id == BLIND.id:
        _ask(parts, resource_id, BlindMessage(dependency=resource_id))
    elif control_id == CHANNEL.id:
        channel = resource_id.rpartition("/")[2]
        again = ChannelMessage(channel=channel, home=resource_id, took=False)
        _ask(parts, resource_id, again)
    else:
        _wake_readable(parts, resource_id)


def _ask(parts: Parts, subject: str, message: RowMessage) -> None:
    again = due_put(message, parts.clock(), keys.digest(subject))
    parts.store.commit(keys.partition(subject), [again])


def _wake_readable(parts: Parts, resource_id: str) -> None:
    """Make a resource due; what another version wrote of it the sweep compares, once it is read."""
    try:
        _wake(parts, resource_id)
    except NotUnderstood as error:
        log.warning("a resource is not judged by the new configuration: %s", error)


def _wake(parts: Parts, resource_id: str) -> None:
    while True:
        held = load(parts.store, resource_id)
        record, writes = wake_at(held.record, CONFIG, parts.clock())
        try:
            parts.store.commit(
                keys.partition(resource_id), [*writes, replace(held, record=record).put()]
            )
        except Conflict:
            continue
        return
