"""A tick does bounded work: due rows first, nothing twice while a queue is long, fair to subscriptions."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drift import ids
from drift.errors import StoreUnavailable
from drift.ports import Put, Row, Write
from drift.queues.messages import WakeMessage
from drift.queues.outbound import MessageKind, Outbound
from drift.state import keys
from drift.state.due_rows import RETRY, due_put
from tests.drift.schedule.large_estates import accounts, kinds, opened, walked, woken
from tests.support.memory_store import MemoryStore
from tests.support.rig import SUBSCRIPTION, Clock, Rig

OTHER = "99999999-2222-3333-4444-555555555555"


class SlowStore(MemoryStore):
    """A store whose every call takes 10 ms, or longer."""

    def __init__(self, clock: Clock, *, seconds: float = 0.01) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = seconds

    def get(self, partition: str, key: str) -> Row | None:
        self.clock.advance(seconds=self.seconds)
        return super().get(partition, key)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        self.clock.advance(seconds=self.seconds)
        return super().range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        self.clock.advance(seconds=self.seconds)
        super().commit(partition, writes)


class Killed(BaseException):
    """The process ends here, as with SIGKILL: nothing is caught, and nothing more is stored."""


class KillingStore(SlowStore):
    """A slow store whose caller is killed at the first commit after ``until``."""

    until: datetime | None = None

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        if self.until and self.clock.now > self.until:
            raise Killed
        super().commit(partition, writes)


class EndingStore(MemoryStore):
    """A store that does not answer any more after some commits."""

    left: int | None = None

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        if self.left is not None:
            if self.left == 0:
                raise StoreUnavailable("the state", 503)
            self.left -= 1
        super().commit(partition, writes)


def elsewhere(resource_id: str) -> str:
    return resource_id.replace(SUBSCRIPTION, OTHER)


def due(rig: Rig, resources: Iterable[str]) -> None:
    """Have each resource read again now."""
    for each in resources:
        put = due_put(WakeMessage(resource=each), rig.clock.now, keys.digest(each), RETRY)
        rig.store.commit(keys.partition(each), [put])
    rig.clock.advance(seconds=1)


def owners(work: Outbound) -> Counter[str]:
    """Count the resources that are woken, by subscription."""
    messages = [json.loads(each) for each in (*work.changes, *work.background)]
    woken = (each["resource"] for each in messages if each["kind"] == MessageKind.WAKE)
    return Counter(ids.subscription_of(each) for each in woken)


def test_a_tick_ends_before_the_next_one_however_many_incidents_new_rules_concern() -> None:
    rig = Rig(None)
    rig.use(SlowStore(rig.clock))
    rig.run(rig.monitor.tick())
    opened(rig, accounts(1000))
    rig.change(facts=rig.facts("second"))
    began = rig.clock.now
    work = rig.monitor.tick()

    assert (rig.clock.now - began).total_seconds() < 10
    assert kinds(work)[MessageKind.CONFIG] == 1


def test_a_tick_ends_before_the_next_one_however_many_incidents_are_no_longer_watched() -> None:
    rig = Rig(None)
    rig.use(SlowStore(rig.clock, seconds=0.2))
    rig.change(facts=replace(rig.services.facts, subscriptions=(SUBSCRIPTION, OTHER)))
    rig.run(rig.monitor.tick())
    gone = [elsewhere(each) for each in accounts(1200)]
    opened(rig, [*gone, *accounts(3)])
    rig.change(facts=replace(rig.services.facts, subscriptions=(SUBSCRIPTION,)))
    began = rig.clock.now
    message = rig.monitor.tick().background[0]
    took = (rig.clock.now - began).total_seconds()
    rig.monitor.background(message)
    first = len(woken(rig))
    walked(rig, ticks=70)

    assert took < 10
    assert 0 < first < 1200
    assert woken(rig) == set(gone)


def test_no_partition_is_starved_where_the_store_stalls_and_each_tick_takes_as_long() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    store = SlowStore(rig.clock, seconds=5)
    due(rig, accounts(64))
    rows = [(each, rig.store.range(each, *keys.below("due"))) for each in keys.PARTITIONS]
    rig.use(store)
    for shard, found in rows:
        MemoryStore.commit(store, shard, [Put(row.key, row.data) for row in found])
    woken_at_last = Counter[str]()
    for number in range(200):
        rig.clock.now = max(rig.clock.now, Rig(None).clock.now + timedelta(seconds=40 * number))
        work = rig.monitor.tick()
        woken_at_last.update(json.loads(each).get("resource", "") for each in work.background)

    assert set(accounts(64)) <= woken_at_last.keys()


def test_what_a_tick_has_moved_on_is_enqueued_though_the_store_ends_in_between() -> None:
    rig, store = Rig(None), EndingStore()
    rig.use(store)
    rig.monitor.tick()
    due(rig, accounts(40))
    rig.clock.advance(seconds=10)
    store.left = 3
    first = woken_by(rig.monitor.tick())
    store.left = None
    rig.clock.advance(seconds=10)
    second = woken_by(rig.monitor.tick())

    assert first
    assert second
    assert first | second == set(accounts(40))
    assert first & second == set()


def test_a_tick_that_could_move_nothing_on_fails() -> None:
    rig, store = Rig(None), EndingStore()
    rig.use(store)
    rig.monitor.tick()
    due(rig, accounts(1))
    rig.clock.advance(seconds=10)
    store.left = 0

    with pytest.raises(StoreUnavailable):
        rig.monitor.tick()


def test_60_of_60_ticks_end_while_new_rules_concern_18000_incidents() -> None:
    """A tick that runs for longer than 10 s is killed."""
    rig = Rig(None)
    store = KillingStore(rig.clock)
    rig.use(store)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(18_000))
    rig.change(facts=rig.facts("second"))
    ended = 0
    for _ in range(60):
        began = rig.clock.now
        store.until = began + timedelta(seconds=10)
        with contextlib.suppress(Killed):
            rig.monitor.tick()
            ended += 1
        rig.clock.now = max(rig.clock.now, store.until)

    assert ended == 60


def woken_by(work: Outbound) -> set[str]:
    """Return the resources that the messages of a tick have read."""
    texts = (*work.changes, *work.background)
    return {str(json.loads(each)["resource"]) for each in texts if '"wake"' in each}


def test_nothing_is_enqueued_again_while_the_queue_is_long() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    due(rig, accounts(20))
    first = kinds(rig.monitor.tick())
    later = Counter[str]()
    for _ in range(30):
        rig.clock.advance(minutes=1)
        later += kinds(rig.monitor.tick())

    assert first == {MessageKind.WAKE: 20}
    assert later[MessageKind.WAKE] == 0
    assert later[MessageKind.MARK] <= 4


def test_a_lost_message_is_enqueued_again_once_the_queue_has_come_to_a_later_one() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    due(rig, accounts(20))
    rig.monitor.tick()
    rig.clock.advance(minutes=11)
    [mark] = rig.monitor.tick().background
    rig.monitor.background(mark)
    rig.clock.advance(seconds=21)

    assert kinds(rig.monitor.tick()) == {MessageKind.WAKE: 20}


def test_a_storm_in_one_subscription_holds_up_no_due_row_of_another() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    due(rig, accounts(300))
    due(rig, map(elsewhere, accounts(10)))
    ticks = []
    for _ in range(7):
        ticks.append(owners(rig.monitor.tick()))
        rig.clock.advance(seconds=10)

    assert ticks[0] == {SUBSCRIPTION: 50, OTHER: 10}
    assert max(each[SUBSCRIPTION] for each in ticks) <= 50
    assert sum(ticks, Counter())[SUBSCRIPTION] == 300


def test_due_work_that_no_event_waits_for_is_no_message_of_the_queue_of_events() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    due(rig, accounts(3))
    work = rig.monitor.tick()

    assert (len(work.changes), len(work.background)) == (0, 3)
