"""Random histories of several people: an alert never names a person who cannot have made the change."""

import functools

import pytest

from drift.notices import Standing
from tests.scenarios.authors import Company, live_through

HISTORIES = 10


@functools.cache
def lived(group: int) -> dict[int, Company]:
    """Return a group of histories by their seeds."""
    return {each: live_through(each) for each in range(group * HISTORIES, (group + 1) * HISTORIES)}


@pytest.mark.parametrize("group", range(3))
def test_nobody_is_named_who_could_not_have_done_it_and_none_proven_who_did_not(group: int) -> None:
    assert {seed: each.wrong for seed, each in lived(group).items() if each.wrong} == {}


def test_the_histories_name_people_with_every_certainty() -> None:
    named = {standing for each in lived(0).values() for standing in each.named}

    assert {Standing.LIKELY, Standing.PROVEN, Standing.SEVERAL} <= named
