"""Two sweeps at the same time, and every subscription gets its turn."""

from datetime import UTC, datetime, timedelta

from drift.sweep.lanes import LANE_PAUSE, enter_lane, leave_lane
from tests.support.memory_store import MemoryStore

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def later(pauses: float) -> datetime:
    return NOW + pauses * LANE_PAUSE


def test_two_sweeps_have_a_lane_and_a_third_has_none() -> None:
    store = MemoryStore()
    lanes = [enter_lane(store, name, now=NOW) for name in "abc"]

    assert [each is not None for each in lanes] == [True, True, False]


def test_a_sweep_that_continues_at_once_waits_behind_one_that_had_no_lane() -> None:
    store = MemoryStore()
    first, second = (enter_lane(store, name, now=NOW) for name in "ab")
    enter_lane(store, "c", now=NOW)
    assert first is not None
    assert second is not None
    leave_lane(store, first)

    assert enter_lane(store, "a", now=later(0.5)) is None
    assert enter_lane(store, "c", now=later(1)) is not None


def test_many_subscriptions_take_turns() -> None:
    store, now, turns = MemoryStore(), NOW, list[str]()
    for _ in range(12):
        entered = [(name, enter_lane(store, name, now=now)) for name in "abcdef"]
        turns += [name for name, lane in entered if lane]
        for _, lane in entered:
            if lane:
                leave_lane(store, lane)
        now += LANE_PAUSE

    assert len(turns) == 24
    assert {turns.count(name) for name in "abcdef"} == {4}


def test_a_sweep_that_asks_no_more_loses_its_turn() -> None:
    store = MemoryStore()
    first, second = (enter_lane(store, name, now=NOW) for name in "ab")
    enter_lane(store, "c", now=NOW)
    assert first is not None
    assert second is not None
    leave_lane(store, first)

    assert enter_lane(store, "a", now=NOW + timedelta(minutes=2)) is not None
