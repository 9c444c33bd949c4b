"""Each 10 s: enqueue due work, and begin the walks for a changed configuration or channel.

A tick does bounded work and leaves time for the next one: a page of each partition, for a few seconds.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from drift.errors import Conflict, StoreUnavailable
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.outbound import BACKGROUND, Outbound, of_row, queue_of
from drift.schedule.configuration import begin_config_walk
from drift.schedule.heartbeat import begin_heartbeat
from drift.schedule.queue_marks import QueueMarks
from drift.schedule.release import begin_release
from drift.schedule.shares import TICK, TickShares, is_shared
from drift.schedule.subscription_changes import review_subscriptions
from drift.services import Services
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import PASSED_ON, enqueued_at, enqueued_put, message_in
from drift.state.keys import RowKind

log: Final = logging.getLogger("drift.tick")

_PAGE: Final = 200
"""Due rows taken from one partition in one tick; the next tick takes the rest."""

_BUDGET: Final = TICK / 2
"""How long a tick enqueues; the rest of the time is kept for the next tick."""

_PAIRS: Final = 50
"""Rows moved in one batch: each is a delete and a put, and a batch holds 100 writes."""


def tick(services: Services) -> Outbound:
    """Return a message for each due row, and move the rows on so that nothing is enqueued twice.

    Walks begin first: if that fails, no due row has been moved on without its message.
    """
    store, channels, app = services.store, services.channels, services.facts
    now, requeue = services.clock(), services.config.timing.requeue
    begun = review_subscriptions(services)
    begun += begin_config_walk(store, app.config_hash, now=now, requeue=requeue)
    begun += begin_release(store, channels, now=now, requeue=requeue)
    begun += begin_heartbeat(store, channels, app, now)
    return begun + _Tick(services).due()


@dataclass(frozen=True, slots=True)
class _Step:
    """How a due row is handled: where it is moved, and its message, if it is enqueued."""

    row: Row
    put: Put
    outbound: Outbound = field(default_factory=Outbound)

    @property
    def writes(self) -> list[Write]:
        return [Delete(self.row.key, self.row.etag), self.put]


class _Tick:
    """One tick: the shares that each subscription has used, and the state of the queues."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._patience = services.config.timing.requeue
        self._shares = TickShares()
        self._marks = QueueMarks(services.store, services.clock(), self._patience)

    def due(self) -> Outbound:
        """Enqueue the due rows, a page of each partition, until the time is used up.

        If the store no longer answers, the rows that were already moved on are still enqueued.
        """
        clock, total = self._services.clock, Outbound()
        until = clock() + _BUDGET
        try:
            for shard in _in_turn(clock()):
                for each in self._pages(shard, until):
                    total += each
                if clock() >= until:
                    break
            total += self._marks.messages()
        except StoreUnavailable as error:
            if total == Outbound():
                raise
            log.warning("the tick ends early, and the next one goes on: %s", error)
        return total

    def _pages(self, shard: str, until: datetime) -> Iterator[Outbound]:
        """Yield the messages of each batch of a partition's due rows, once that is moved on."""
        store, now = self._services.store, self._services.clock()
        overdue = keys.row_key(RowKind.DUE, keys.stamp(now))
        rows = store.range(shard, f"{RowKind.DUE}|", overdue, _PAGE)
        for at in range(0, len(rows), _PAIRS):
            steps = [self._step(each, now) for each in rows[at : at + _PAIRS]]
            yield _moved(store, shard, steps)
            if self._services.clock() >= until:
                return

    def _step(self, row: Row, now: datetime) -> _Step:
        """Enqueue a row, unless its subscription's share is used up or its queue is long."""
        data = message_in(row.data)
        queue = BACKGROUND if is_shared(row.key, data) else queue_of(data)
        enqueued = enqueued_at(row.data)
        waits_in = str(row.data.get(PASSED_ON) or queue)
        if enqueued and not self._marks.has_passed(waits_in, enqueued):
            return _Step(row, Put(_moved_key(row.key, now + self._marks.wait(waits_in)), row.data))
        if wait := self._shares.delay(row.key, data):
            return _Step(row, Put(_moved_key(row.key, now + wait), row.data))
        key = _moved_key(row.key, now + self._patience)
        return _Step(row, enqueued_put(key, data, now), of_row(key, data, queue))


def _in_turn(now: datetime) -> Iterator[str]:
    """Yield the partitions, beginning with a random one, so that a slow partition does not starve others.

    The hash of the time is as good as random. The number of the tick is not: if each tick takes 20
    s, or is scheduled that way, every second partition would never be the first.
    """
    first = int(keys.digest(now.isoformat()), 16) % len(keys.PARTITIONS)
    yield from (*keys.PARTITIONS[first:], *keys.PARTITIONS[:first])


def _moved_key(key: str, at: datetime) -> str:
    _, _, *names = key.split("|")
    return keys.row_key(RowKind.DUE, keys.stamp(at), *names)


def _moved(store: Store, shard: str, steps: Sequence[_Step]) -> Outbound:
    """Move rows on, then enqueue them: if a message is lost, its row comes due again.

    Where another instance has moved one of them already, the others are moved one by one.
    """
    try:
        store.commit(shard, one_write_per_key([write for each in steps for write in each.writes]))
    except Conflict:
        alone = (_moved(store, shard, [each]) for each in steps if len(steps) > 1)
        return sum(alone, Outbound())
    return sum((each.outbound for each in steps), Outbound())
