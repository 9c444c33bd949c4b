"""A crash after each call of each story: the same messages, once and in order.

Of a call that is repeated the first two times and the last are died at, and of these points one in
eight, in each story others; all of them in ``make test-all``. The same points as over
``phidrift serve``, on a clock that jumps: so there is time for every story, and for a message that
comes back only when its lease is over.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.crash import scenarios
from tests.crash.outcome import AT_ONCE, Outcome, lived, wrongs
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.support.extent import part

LEASE = timedelta(minutes=10)
"""What Azure's queue extension gives, and so how long a lost instance's messages are invisible."""

LATER = (
    scenarios.broken_and_mended,
    scenarios.mended_at_once,
    scenarios.deleted,
    scenarios.becomes_phi,
    scenarios.storm,
)
"""Stories whose outcome does not depend on whether a message is handled within ten minutes."""

pytestmark = pytest.mark.timeout(300)  # a story is lived once for each of its points


FIRST_TIMES = 2
ONE_IN = 8


def deadly(passed: Sequence[str]) -> list[int]:
    """Return the numbers, from 1, of the points to die at: of one call the first times and the last."""
    times: dict[str, list[int]] = {}
    for number, point in enumerate(passed, start=1):
        times.setdefault(point.rpartition(" #")[0], []).append(number)
    return sorted(
        {each for numbers in times.values() for each in (*numbers[:FIRST_TIMES], numbers[-1])}
    )


def all_wrongs(
    story: Scenario, folder: Path, undisturbed: Outcome, lease: timedelta
) -> dict[str, list[str]]:
    """Run a story once for each of its points, and return the errors by the point of the crash."""
    found = {}
    points = deadly(undisturbed.host.passed)
    for point in part(points, one_in=ONE_IN, of=f"{story.__name__} {lease}"):
        after = lived(story, folder / f"{point}", point, lease=lease)
        found[", ".join(after.host.died_at)] = list(wrongs(after, undisturbed))
    return {point: wrong for point, wrong in found.items() if wrong}


@pytest.mark.parametrize("story", SCENARIOS, ids=lambda each: each.__name__)
def test_a_crash_at_any_point_changes_no_delivered_message(story: Scenario, tmp_path: Path) -> None:
    undisturbed = lived(story, tmp_path / "undisturbed")

    assert undisturbed.told
    assert undisturbed.repeats == ()
    assert all_wrongs(story, tmp_path, undisturbed, AT_ONCE) == {}


@pytest.mark.parametrize("story", LATER, ids=lambda each: each.__name__)
def test_a_message_redelivered_after_ten_minutes_changes_no_delivered_message(
    story: Scenario, tmp_path: Path
) -> None:
    undisturbed = lived(story, tmp_path / "undisturbed")

    assert all_wrongs(story, tmp_path, undisturbed, LEASE) == {}


def test_a_second_crash_soon_after_the_first_changes_no_delivered_message(tmp_path: Path) -> None:
    story = scenarios.broken_and_mended
    undisturbed = lived(story, tmp_path / "undisturbed")
    folders = count()
    firsts = range(1, len(undisturbed.host.passed) + 1)
    wrong = {
        (first, after): found
        for first in part(firsts, one_in=ONE_IN)
        for after in (1, 2, 4)
        if (
            found := list(
                wrongs(
                    lived(story, tmp_path / f"{next(folders)}", first, first + after), undisturbed
                )
            )
        )
    }

    assert wrong == {}
