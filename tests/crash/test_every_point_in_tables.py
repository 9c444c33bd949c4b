"""A monitor that keeps its rows in Azure Tables dies in a sweep, a move, or what an event carries.

The points are those of ``test_every_point``: found in the ports, and all died at there. Here it is
only after commits, since nothing else leaves a mark in tables. Of the commits of each step of a story
(the sweep, a message of it, a delivery, a tick) the first is died after, and from there on each
``ONE_IN``-th; of these one in 18, all in ``make test-all``: the emulator makes a life ten times as
long.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from adapters.store.tables import TableStore
from tests.azurite import Azurite
from tests.crash.contested import OnlyWriter
from tests.crash.estate_scenarios import ESTATE_SCENARIOS
from tests.crash.outcome import Outcome, lived, wrongs
from tests.crash.points import call_of
from tests.crash.scenarios import Scenario
from tests.support.extent import part

ONE_IN = 40

pytestmark = pytest.mark.timeout(300)


def sampled(passed: list[str]) -> list[int]:
    """Return the numbers of the points to die at."""
    steps: dict[str, list[int]] = {}
    for number, point in enumerate(passed, 1):
        if call_of(point) == "Store.commit":
            steps.setdefault(point.partition(" > ")[0], []).append(number)
    return list(chain.from_iterable(each[::ONE_IN] for each in steps.values()))


def deaths(story: Scenario, folder: Path, azurite: Azurite, at: Sequence[int]) -> Iterator[Outcome]:
    """Run a story once for each of these points, in new tables."""
    for point in at:
        with closing(TableStore(azurite.account())) as tables:
            yield lived(story, folder / f"{point}", point, store=lambda: OnlyWriter(tables))


@pytest.mark.parametrize("story", ESTATE_SCENARIOS, ids=lambda each: each.__name__)
def test_a_crash_after_a_commit_changes_no_delivered_message(
    story: Scenario, tmp_path: Path, azurite: Azurite
) -> None:
    undisturbed = lived(story, tmp_path / "undisturbed")
    points = part(sampled(undisturbed.host.passed), one_in=18, of=story.__name__)
    after = list(deaths(story, tmp_path, azurite, points))
    found = {", ".join(each.host.died_at): list(wrongs(each, undisturbed)) for each in after}

    assert list(found) == [undisturbed.host.passed[point - 1] for point in points]
    assert {point: wrong for point, wrong in found.items() if wrong} == {}
