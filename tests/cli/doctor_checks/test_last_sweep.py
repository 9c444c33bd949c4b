"""The doctor's check of sweeps: none yet, in progress, done, or too old."""

from datetime import timedelta

import pytest

from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.last_sweep import swept
from drift.config.model import Timing
from drift.errors import SourceUnavailable
from drift.ports import Put
from drift.state import keys
from drift.state.sweep_state import sweep_key
from tests.support import open_account
from tests.support.rig import SUBSCRIPTION, Rig


def check(rig: Rig) -> Check:
    overdue = timedelta(hours=Timing().sweep_overdue_hours)
    [found] = swept(rig.store, (SUBSCRIPTION,), rig.clock(), overdue)
    return found


@pytest.fixture
def done(clinic: Rig) -> Rig:
    """Return a monitor that has finished its first sweep."""
    clinic.run(clinic.monitor.sweep())
    clinic.later(minutes=6)
    return clinic


def test_no_warning_before_the_first_sweep(clinic: Rig) -> None:
    assert (check(clinic).level, check(clinic).finding.split(";")[0]) == (Level.OK, "none yet")


def test_a_sweep_in_progress_shows_its_progress(clinic: Rig) -> None:
    clinic.monitor.sweep()

    assert check(clinic).finding == (
        "under way, begun 2026-11-20 03:00 UTC, resources seen: 0: "
        "it reads the resource groups and the subscription"
    )


def test_a_sweep_of_another_version_is_a_warning(done: Rig) -> None:
    home = f"/subscriptions/{SUBSCRIPTION}"
    partition, key = keys.partition(home), sweep_key(home)
    row = done.store.get(partition, key)
    assert row
    done.store.commit(partition, [Put(key, {**row.data, "schema": 99}, row.etag)])

    assert check(done).level is Level.WARN
    assert "another version" in check(done).finding


def test_a_finished_sweep_shows_its_counts(done: Rig) -> None:
    assert check(done).level is Level.OK
    assert check(done).finding == "done, begun 2026-11-20 03:00 UTC, resources seen: 1"


def test_findings_that_no_event_reported_are_counted(done: Rig) -> None:
    open_account.broken(done)
    done.run(done.monitor.sweep())
    done.later(minutes=3)

    assert check(done).finding.endswith("; open findings that no event had reported: 1")


def test_a_sweep_that_is_too_old_is_a_warning(done: Rig) -> None:
    done.clock.advance(hours=31)

    assert check(done).level is Level.WARN


def test_a_sweep_that_is_refused_is_a_warning_with_the_refusal(done: Rig) -> None:
    done.graph.failing = SourceUnavailable("graph", 403, "AuthorizationFailed")
    done.run(done.monitor.sweep())

    assert check(done).level is Level.WARN
    assert "HTTP 403 AuthorizationFailed" in check(done).finding


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (403, "check the monitor's role"),
        (429, "run it again later"),
        (503, "Azure's status page"),
        (0, "check the network"),
    ],
)
def test_a_sweep_that_is_refused_has_the_step_of_its_cause(
    done: Rig, status: int, step: str
) -> None:
    done.graph.failing = SourceUnavailable("graph", status)
    done.run(done.monitor.sweep())

    assert step in check(done).step


def test_a_sweep_that_does_not_see_everything_is_a_warning_with_what_is_missing(
    clinic: Rig,
) -> None:
    clinic.graph.role_effective = False
    clinic.run(clinic.monitor.sweep())

    assert check(clinic).level is Level.WARN
    assert "does not list 1 of 1 resource groups" in check(clinic).finding
