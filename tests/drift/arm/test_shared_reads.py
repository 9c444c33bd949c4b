"""Answers that the evaluations of one process share."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drift.arm.cached_read import CachedRead
from drift.arm.shared_reads import KEPT, SharedReads

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NETWORK = "/subscriptions/s/resourcegroups/g/providers/microsoft.network/virtualnetworks/v"
SECOND = timedelta(seconds=1)


def answer(at: datetime = NOW, **properties: Any) -> CachedRead:
    return CachedRead(at, at, ({"id": NETWORK, "properties": properties},))


def with_answer(given: CachedRead) -> SharedReads:
    shared = SharedReads()
    shared.read(NETWORK, lambda: given, lambda: NOW)
    return shared


def test_an_answer_is_shared_that_is_as_late_as_asked_for() -> None:
    given = answer()
    assert with_answer(given).find(NETWORK, NOW, NOW) is given


def test_an_answer_from_before_the_event_is_not_shared() -> None:
    assert with_answer(answer()).find(NETWORK, NOW + SECOND, NOW) is None


def test_a_clock_that_steps_back_makes_no_answer_younger_and_shares_none_of_the_future() -> None:
    shared, times = SharedReads(), iter([NOW, NOW - 60 * SECOND])
    shared.read(NETWORK, answer, lambda: next(times))

    assert shared.find(NETWORK, NOW + SECOND, NOW) is None
    assert shared.find(NETWORK, NOW, NOW - SECOND) is None
    assert shared.find(NETWORK, NOW, NOW) is not None


def test_an_answer_may_show_the_document_as_it_was_when_its_read_began() -> None:
    shared, times = SharedReads(), iter([NOW, NOW + 3 * SECOND])
    shared.read(NETWORK, answer, lambda: next(times))

    assert shared.find(NETWORK, NOW - 2 * SECOND, NOW) is None
    assert shared.find(NETWORK, NOW - 3 * SECOND, NOW) is not None


def test_an_answer_is_shared_for_seconds_only() -> None:
    shared = with_answer(answer())
    assert shared.find(NETWORK, NOW, NOW + KEPT - SECOND) is not None
    assert shared.find(NETWORK, NOW, NOW + KEPT) is None


@pytest.mark.parametrize(
    "given",
    [CachedRead(NOW, NOW, None), answer(provisioningState="Updating")],
    ids=["absent", "still being changed"],
)
def test_what_may_be_otherwise_in_a_moment_is_not_shared(given: CachedRead) -> None:
    assert with_answer(given).find(NETWORK, NOW, NOW) is None


def test_an_earlier_answer_does_not_replace_a_later_one() -> None:
    later = answer(NOW + SECOND)
    shared = with_answer(later)
    shared.read(NETWORK, answer, lambda: NOW)

    assert shared.find(NETWORK, NOW, NOW + SECOND) is later


def test_a_failed_read_is_raised_to_the_one_that_made_it_alone() -> None:
    shared = SharedReads()

    def refused() -> CachedRead:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        shared.read(NETWORK, refused, lambda: NOW)

    assert shared.find(NETWORK, NOW, NOW) is None


def test_a_read_under_way_is_waited_for() -> None:
    shared, begun, given = SharedReads(), threading.Event(), answer()

    def read() -> CachedRead:
        begun.set()
        asked.wait(20)
        return given

    asked = threading.Event()
    first = threading.Thread(target=shared.read, args=(NETWORK, read, lambda: NOW))
    first.start()
    begun.wait(20)

    assert shared.at_hand(NETWORK, NOW, NOW) is None
    threading.Timer(0.05, asked.set).start()
    assert shared.find(NETWORK, NOW, NOW) is given
    first.join(20)


def test_few_answers_are_kept_those_that_were_used_last() -> None:
    shared = with_answer(answer())
    for number in range(40):
        shared.read(f"{NETWORK}{number}", answer, lambda: NOW)
        assert shared.find(NETWORK, NOW, NOW) is not None

    assert shared.find(f"{NETWORK}0", NOW, NOW) is None
    assert shared.find(f"{NETWORK}39", NOW, NOW) is not None
