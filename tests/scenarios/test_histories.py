"""However events, replicas and reads interleave: told in time, never resolved wrongly, true in the end.

300 histories by default; ``FUZZ=20000`` (``make fuzz N=20000``) lives through more, from ``FUZZ_FROM`` on.
"""

import os

import pytest

from tests.scenarios.histories import live_through

_MANY = int(os.environ.get("FUZZ", "300"))
_FIRST = int(os.environ.get("FUZZ_FROM", "0"))
_CHUNK = 10


@pytest.mark.parametrize("first", range(_FIRST, _FIRST + _MANY, _CHUNK))
def test_every_history_is_told_in_time_and_as_it_was(first: int) -> None:
    wrong: dict[int, list[str]] = {}
    for seed in range(first, min(first + _CHUNK, _FIRST + _MANY)):
        world = live_through(seed)
        found = list(dict.fromkeys([*world.wrong, *world.repeated()]))
        if world.told_open() != set(world.failing):
            found.append(f"open {sorted(world.told_open())}, failing {sorted(world.failing)}")
        health = world.rig.monitor.health()
        if (health["status"], health["unknown"]) != ("ok", 0):
            found.append(f"health {health}")
        if found:
            wrong[seed] = found

    assert wrong == {}
