"""Reads that are made at the same time."""

import threading
from collections.abc import Callable, Iterator

import pytest

from drift.arm.side_by_side import SideBySide
from drift.errors import StoreUnavailable

LONG = 20.0
"""Seconds after which a test fails instead of waiting on."""


@pytest.fixture
def side_by_side() -> Iterator[SideBySide]:
    made = SideBySide(threads=2)
    yield made
    made.close()


def test_reads_are_made_at_the_same_time(side_by_side: SideBySide) -> None:
    together = threading.Barrier(3, timeout=LONG)

    def meet() -> None:
        together.wait()

    side_by_side([meet] * 3)

    assert not together.broken


def test_who_asks_makes_the_reads_that_no_thread_has_begun(side_by_side: SideBySide) -> None:
    """Two reads of another evaluation hold both threads for as long as this one lasts."""
    busy, free = threading.Barrier(3, timeout=LONG), threading.Event()

    def hold() -> None:
        busy.wait()
        free.wait(LONG)

    other = threading.Thread(target=side_by_side, args=([lambda: None, hold, hold],))
    other.start()
    busy.wait()
    made_by: list[int] = []

    side_by_side([lambda: made_by.append(threading.get_ident())] * 4)
    free.set()
    other.join(LONG)

    assert made_by == [threading.get_ident()] * 4


def test_an_error_is_raised_after_every_read_has_ended(side_by_side: SideBySide) -> None:
    begun, ended = threading.Event(), threading.Event()

    def fail() -> None:
        begun.wait(LONG)
        raise StoreUnavailable("state", 503)

    def last() -> None:
        begun.set()
        ended.wait(0.05)
        ended.set()

    with pytest.raises(StoreUnavailable):
        side_by_side([fail, last])

    assert ended.is_set()


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_whichever_read_fails_its_error_is_raised(side_by_side: SideBySide, failing: int) -> None:
    def read(number: int) -> Callable[[], None]:
        def made() -> None:
            if number == failing:
                raise StoreUnavailable("state", 503)

        return made

    with pytest.raises(StoreUnavailable):
        side_by_side([read(each) for each in range(3)])
