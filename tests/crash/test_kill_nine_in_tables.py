"""``phidrift serve`` on Azure Tables is killed after its batches: nothing lost or sent twice."""

import pytest

from tests.azurite import Azurite
from tests.crash.conftest import Lives
from tests.crash.live import wrongs
from tests.support.extent import part

POINTS = (
    *(f"evaluate > Store.commit #{number}" for number in (1, 2, 3, 6)),
    *(f"deliver > Store.commit #{number}" for number in (1, 2, 3)),
    "tick > Store.commit #1",
)
"""Each kind of batch on an alert's way: that an event came, who reads it, what the verdict rests on,
the decision; a claim, what was told, the end of the claim; a tick.

All others are one of these again. Between two batches the store plays no part, and those deaths are
died on SQLite; the emulator makes a life five times as long. ``make test`` takes every third.
"""

pytestmark = pytest.mark.timeout(900)


def test_a_crash_after_any_batch_loses_nothing_and_delivers_nothing_twice(
    lives: Lives, azurite: Azurite
) -> None:
    lived = lives.each(part(POINTS, one_in=3), state=azurite.connection_string)
    wrong = {each.dies_at: found for each in lived if (found := list(wrongs(each)))}

    assert wrong == {}
