"""In any order of events and reads, alerts are in time, no all-clear is false, the end state is true.

300 histories by default; ``FUZZ=20000`` (``make fuzz N=20000``) lives through more, from ``FUZZ_FROM`` on.
"""

import os
from collections.abc import Iterable

import pytest

from tests.scenarios.histories import live_through

_MANY = int(os.environ.get("FUZZ", "300"))
_FIRST = int(os.environ.get("FUZZ_FROM", "0"))
_CHUNK = 10
_ONCE_WRONG = (7896, 8539, 10204, 12773, 17751, 17863)
"""Seeds at which a fault was found. A change of histories.py changes what they mean: each fault of the
product has an example of its own in test_confirmation.py or test_deletion.py. A new kind of step goes to
some seeds only (``LATER``), to none of these."""


@pytest.mark.parametrize("first", range(_FIRST, _FIRST + _MANY, _CHUNK))
def test_every_history_is_told_in_time_and_as_it_was(first: int) -> None:
    assert wrong_among(range(first, min(first + _CHUNK, _FIRST + _MANY))) == {}


def test_histories_that_once_were_wrong_are_right() -> None:
    assert wrong_among(_ONCE_WRONG) == {}


def wrong_among(seeds: Iterable[int]) -> dict[int, list[str]]:
    """Return the errors of these histories by seed."""
    wrong: dict[int, list[str]] = {}
    for seed in seeds:
        world = live_through(seed)
        found = list(dict.fromkeys([*world.wrong, *world.repeated()]))
        if world.told_open() != set(world.failing):
            found.append(f"open {sorted(world.told_open())}, failing {sorted(world.failing)}")
        health = world.rig.monitor.health()
        if (health["status"], health["unknown"]) != ("ok", 0):
            found.append(f"health {health}")
        if found:
            wrong[seed] = found
    return wrong
