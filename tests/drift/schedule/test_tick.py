"""A tick does bounded work: due rows first, nothing twice while a queue is long, fair to subscriptions."""

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
from tests.support.memory_store import MemoryStore
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Clock, Rig

OTHER = "99999999-2222-3333-4444-555555555555"
CONTROL = "STORAGE-TLS"


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


class EndingStore(MemoryStore):
    """A store that does not answer any more after some commits."""

    left: int | None = None

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        if self.left is not None:
            if self.left == 0:
                raise StoreUnavailable("the state", 503)
            self.left -= 1
        super().commit(partition, writes)


def accounts(count: int) -> list[str]:
    return [f"{ACCOUNT}{number}" for number in range(count)]


def elsewhere(resource_id: str) -> str:
    return resource_id.replace(SUBSCRIPTION, OTHER)


def opened(rig: Rig, resources: Iterable[str]) -> None:
    """Store rows that say that each resource has an open incident."""
    for each in resources:
        row = {"resource": each, "control": CONTROL, "severity": "high"}
        put = Put(keys.row_key("open", keys.digest(each), CONTROL), row)
        rig.store.commit(keys.partition(each), [put])


def held(rig: Rig, resources: Iterable[str]) -> None:
    """Store rows that say that Teams refused a message about each resource under other settings."""
    for each in resources:
        row = {"resource": each, "control": CONTROL, "number": 1, "channel": "teams"}
        key = keys.row_key("held", "teams", keys.digest(each), CONTROL, keys.numbered(1))
        data = {**row, "since": rig.clock.now.isoformat(), "fingerprint": "of yesterday"}
        rig.store.commit(keys.partition(each), [Put(key, data)])


def due(rig: Rig, resources: Iterable[str]) -> None:
    """Have each resource read again now."""
    for each in resources:
        put = due_put(WakeMessage(resource=each), rig.clock.now, keys.digest(each), RETRY)
        rig.store.commit(keys.partition(each), [put])
    rig.clock.advance(seconds=1)


def kinds(work: Outbound) -> Counter[str]:
    texts = (*work.changes, *work.deliveries, *work.background)
    return Counter(json.loads(each)["kind"] for each in texts)


def owners(work: Outbound) -> Counter[str]:
    """Count the resources that are woken, by subscription."""
    messages = [json.loads(each) for each in (*work.changes, *work.background)]
    woken = (each["resource"] for each in messages if each["kind"] == MessageKind.WAKE)
    return Counter(ids.subscription_of(each) for each in woken)


def woken(rig: Rig) -> set[str]:
    """Return the resources that a due row wakes at some time."""
    found = (rig.store.range(each, *keys.below("due")) for each in keys.PARTITIONS)
    rows = [row.data for some in found for row in some]
    return {each["resource"] for each in rows if each["kind"] == MessageKind.WAKE}


def walked(rig: Rig, *, ticks: int, lost: str = "") -> Counter[str]:
    """Tick, follow up the messages of walks and marks alone, and count all messages.

    The first message of kind ``lost`` is lost.
    """
    total = Counter[str]()
    for _ in range(ticks):
        rig.clock.advance(seconds=10)
        work = rig.monitor.tick()
        while texts := [*work.changes, *work.deliveries, *work.background]:
            total += kinds(work)
            work = Outbound()
            for text in texts:
                kind = json.loads(text)["kind"]
                if kind == lost:
                    lost = ""
                elif kind in (MessageKind.CONFIG, MessageKind.RELEASE, MessageKind.MARK):
                    work += rig.monitor.background(text)
    return total


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


def woken_by(work: Outbound) -> set[str]:
    """Return the resources that the messages of a tick have read."""
    texts = (*work.changes, *work.background)
    return {str(json.loads(each)["resource"]) for each in texts if '"wake"' in each}


def test_new_rules_have_every_open_resource_read_again_part_by_part() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(1200))
    rig.change(facts=rig.facts("second"))
    total = walked(rig, ticks=1)

    assert total[MessageKind.CONFIG] == 3
    assert woken(rig) == set(accounts(1200))


def test_a_walk_whose_message_is_lost_goes_on_where_it_was() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(600))
    rig.change(facts=rig.facts("second"))
    [message] = rig.monitor.tick().background
    rig.monitor.background(message)
    first = len(woken(rig))
    walked(rig, ticks=70)

    assert first == 500
    assert woken(rig) == set(accounts(600))


def slowly(rig: Rig, *, minutes: int, wait: int, kinds_kept: Iterable[str]) -> list[str]:
    """Tick each minute for so long while each message waits so many minutes; return what is sent.

    Only marks and messages of these kinds are followed up.
    """
    followed, sent = {MessageKind.MARK, *kinds_kept}, list[str]()
    queue = list[tuple[datetime, str]]()
    for _ in range(minutes):
        rig.clock.advance(minutes=1)
        work = rig.monitor.tick()
        while queue and queue[0][0] <= rig.clock.now:
            work += rig.monitor.background(queue.pop(0)[1])
        texts = (*work.changes, *work.deliveries, *work.background)
        sent += texts
        ready = rig.clock.now + timedelta(minutes=wait)
        queue += [(ready, each) for each in texts if json.loads(each)["kind"] in followed]
    return sent


def test_new_rules_are_applied_though_each_message_waits_longer_than_its_due_row() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(1200))
    rig.change(facts=rig.facts("second"))
    slowly(rig, minutes=60, wait=12, kinds_kept=[MessageKind.CONFIG])

    assert woken(rig) == set(accounts(1200))


def test_what_was_held_is_released_though_each_message_waits_longer_than_its_due_row() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    held(rig, accounts(450))
    rig.teams.fingerprint = "of today"
    sent = slowly(rig, minutes=120, wait=12, kinds_kept=[MessageKind.RELEASE])
    released = Counter(each for each in sent if json.loads(each)["kind"] == MessageKind.DELIVER)

    assert len(released) == 450
    assert set(released.values()) == {2}, "the walk is done twice, and no page is repeated in it"


def test_two_copies_of_a_message_are_one_walk() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(1200))
    rig.change(facts=rig.facts("second"))
    [message] = rig.monitor.tick().background
    [second] = rig.monitor.background(message).background

    assert rig.monitor.background(message) == Outbound()
    assert len(rig.monitor.background(second).background) == 1


def test_newer_rules_end_the_walk_of_the_ones_before() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    opened(rig, accounts(3))
    rig.change(facts=rig.facts("second"))
    [message] = rig.monitor.tick().background
    rig.change(facts=rig.facts("third"))
    rig.monitor.tick()

    assert rig.monitor.background(message) == Outbound()
    assert woken(rig) == set()


def test_what_was_held_is_enqueued_once_by_any_number_of_ticks() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    held(rig, accounts(150))
    rig.teams.fingerprint = "of today"
    total = walked(rig, ticks=7)

    assert total[MessageKind.DELIVER] == 150


def test_every_page_of_what_was_held_is_released_though_a_message_is_lost() -> None:
    rig = Rig(None)
    rig.run(rig.monitor.tick())
    held(rig, accounts(450))
    rig.teams.fingerprint = "of today"
    total = walked(rig, ticks=70, lost=MessageKind.RELEASE)

    assert total[MessageKind.DELIVER] >= 450


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
