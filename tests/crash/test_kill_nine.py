"""``phidrift serve`` is killed after each call: nothing is lost, nothing delivered twice.

Of a call that is repeated it is the first two times, and of these points one in three; all of them in
``make test-all``.
"""

from collections import Counter
from collections.abc import Sequence

import pytest

from tests.crash.conftest import Lives
from tests.crash.live import MOVED, SWEPT, Lived, wrongs
from tests.crash.points import call_of, declared_ports, marking_calls
from tests.support.extent import part

ONE_IN = 20
"""Fewer crashes are tried at later calls and in a sweep, because the calls repeat."""

LAST_TIMES = 3
"""How often a repeated call is made at the end depends on the speed of the machine."""

pytestmark = pytest.mark.timeout(900)  # a hundred stories in one test, each about a second


@pytest.fixture(scope="module")
def undisturbed(lives: Lives) -> Lived:
    return lives.once()


@pytest.fixture(scope="module")
def swept(lives: Lives) -> Lived:
    return lives.once(story=SWEPT)


@pytest.fixture(scope="module")
def moved(lives: Lives) -> Lived:
    return lives.once(story=MOVED)


def reached(points: Sequence[str]) -> list[str]:
    """Return the points that a story reaches on a fast machine and on a slow one."""
    calls = Counter(each.rpartition(" #")[0] for each in points)
    found = []
    for each in points:
        call, _, number = each.rpartition(" #")
        if int(number) <= max(2, calls[call] - LAST_TIMES):
            found.append(each)
    return found


def test_each_story_without_a_crash_delivers_every_message_once_in_order(
    undisturbed: Lived, swept: Lived, moved: Lived
) -> None:
    assert [list(wrongs(each)) for each in (undisturbed, swept, moved)] == [[], [], []]


def test_the_stories_use_every_call_that_a_port_declares(
    undisturbed: Lived, swept: Lived, moved: Lived
) -> None:
    declared = {
        f"{port.__name__}.{call}" for port in declared_ports() for call in marking_calls(port)
    }
    passed = {call_of(point) for each in (undisturbed, swept, moved) for point in each.passed}

    assert declared - passed == set()


def test_a_crash_at_any_point_loses_nothing_and_delivers_nothing_twice(
    lives: Lives, undisturbed: Lived
) -> None:
    first_times = [each for each in undisturbed.passed if each.endswith((" #1", " #2"))]
    lived = lives.each(part(first_times, one_in=3))
    wrong = {each.dies_at: found for each in lived if (found := list(wrongs(each)))}

    assert wrong == {}
    assert len(lived) > 10


def test_a_crash_at_a_later_call_loses_nothing_and_delivers_nothing_twice(
    lives: Lives, undisturbed: Lived
) -> None:
    lived = lives.each(part(reached(undisturbed.passed), one_in=ONE_IN))
    wrong = {each.dies_at: found for each in lived if (found := list(wrongs(each)))}

    assert wrong == {}


def test_a_crash_during_a_sweep_loses_nothing_and_delivers_nothing_twice(
    lives: Lives, swept: Lived
) -> None:
    points = [each for each in swept.passed if not each.startswith(("tick", "deliver"))]
    lived = lives.each(part(reached(points), one_in=ONE_IN), story=SWEPT)
    wrong = {each.dies_at: found for each in lived if (found := list(wrongs(each)))}

    assert wrong == {}


def test_a_crash_while_reclaiming_messages_of_a_dead_process_loses_nothing(lives: Lives) -> None:
    lived = lives.once("evaluate > Reader.get #1", "SqliteQueues.reclaim #1")

    assert list(wrongs(lived)) == []


@pytest.mark.parametrize("call", ["last", "claim", "release"])
def test_a_crash_at_the_claim_of_a_timer_loses_nothing(lives: Lives, call: str) -> None:
    lived = lives.once(f"TimerClaims.{call} #1", ticks=True)

    assert list(wrongs(lived)) == []
