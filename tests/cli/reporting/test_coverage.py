"""The sweeps in a report of a period."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.reporting.coverage import sweeps, unknown_now
from cli.reporting.period import Period
from drift.codec import encode, versioned
from drift.ports import Put
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.sweep_state import Sweep, sweep_key
from tests.support.memory_store import MemoryStore
from tests.support.rig import SUBSCRIPTION

PERIOD = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
SECOND = timedelta(seconds=1)


def answer(*sweep: Sweep) -> str:
    store = MemoryStore()
    for each in sweep:
        put = Put(sweep_key(each.home), versioned(encode(each)))
        store.commit(keys.partition(each.home), [put])
    (found,) = sweeps(store, (SUBSCRIPTION,), {}, PERIOD)
    return str(found["answer"])


def swept(at: datetime | None) -> Sweep:
    started = PERIOD.since
    return Sweep(subscription=SUBSCRIPTION, run=3, first=False, started=started, last_good=at)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (None, "no whole sweep is noted"),
        (PERIOD.since - SECOND, "not swept in the period: the last whole sweep was before it"),
        (PERIOD.since, "swept in the period"),
        (PERIOD.until - SECOND, "swept in the period"),
        (
            PERIOD.until,
            "not known: only the last whole sweep is noted, and it was after the period",
        ),
    ],
)
def test_a_sweep_is_claimed_only_where_the_last_whole_one_was_in_the_period(
    at: datetime | None, words: str
) -> None:
    assert answer(swept(at)) == words


def test_a_subscription_without_a_sweep_is_not_swept() -> None:
    assert answer() == "no whole sweep is noted"


def test_a_note_of_another_version_is_not_taken_for_a_sweep() -> None:
    store = MemoryStore()
    home = f"/subscriptions/{SUBSCRIPTION}"
    store.commit(keys.partition(home), [Put(sweep_key(home), {"schema": 99})])
    (found,) = sweeps(store, (SUBSCRIPTION,), {}, PERIOD)

    assert found["answer"].startswith("not known: another version")


def test_a_subscription_that_is_noted_and_no_longer_set_is_listed_too() -> None:
    found = sweeps(MemoryStore(), (), {SUBSCRIPTION: PERIOD.since}, PERIOD)

    assert [each["subscription"] for each in found] == [SUBSCRIPTION]


def test_an_unknown_verdict_and_a_blind_spot_of_another_version_count_too() -> None:
    store = MemoryStore()
    for kind in (RowKind.UNKNOWN, RowKind.BLIND, RowKind.DEFERRED):
        store.commit(keys.META, [Put(keys.row_key(kind, "a" * 32, "TOY"), {"schema": 99})])
    found = unknown_now(store)

    assert [each["count"] for each in found["verdicts"]] == [1]
    assert [each["resources"] for each in found["blind"]] == [1]
    assert found["notUnderstood"] == 1
