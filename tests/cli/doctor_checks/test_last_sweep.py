"""What doctor says of sweeps: none yet, under way, done, or none for too long."""

from collections.abc import Iterator

import pytest

from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.last_sweep import swept
from tests.support import open_account
from tests.support.rig import SUBSCRIPTION, Rig


def check(rig: Rig) -> Check:
    [found] = swept(rig.store, (SUBSCRIPTION,), rig.clock())
    return found


@pytest.fixture
def clinic() -> Iterator[Rig]:
    """Return a monitor of one account, which is in order."""
    rig = Rig(None)
    open_account.place(rig)
    rig.only(open_account.OPEN)
    yield rig
    rig.close()


@pytest.fixture
def done(clinic: Rig) -> Rig:
    """Return a monitor that has finished its first sweep."""
    clinic.run(clinic.monitor.sweep())
    clinic.later(minutes=6)
    return clinic


def test_before_the_first_one_there_is_nothing_to_warn_of(clinic: Rig) -> None:
    assert (check(clinic).level, check(clinic).finding.split(";")[0]) == (Level.OK, "none yet")


def test_one_that_is_under_way_says_where_it_is(clinic: Rig) -> None:
    clinic.monitor.sweep()

    assert "under way" in check(clinic).finding


def test_one_that_is_done_says_how_much_it_saw(done: Rig) -> None:
    assert check(done).level is Level.OK
    assert check(done).finding == "done, begun 2026-11-20 03:00 UTC, resources seen: 1"


def test_what_no_event_told_of_is_counted(done: Rig) -> None:
    open_account.broken(done)
    done.run(done.monitor.sweep())
    done.later(minutes=3)

    assert check(done).finding.endswith("; open findings that no event had reported: 1")


def test_one_that_is_long_ago_is_a_warning(done: Rig) -> None:
    done.clock.advance(days=3)

    assert check(done).level is Level.WARN
