"""The doctor's check that sweeps come more often than they count as overdue."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.doctor_checks.check import Level
from cli.doctor_checks.sweep_schedule import schedule_check
from drift.config.app_settings import SWEEP_SCHEDULE
from drift.config.model import Timing

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DEFAULT = timedelta(hours=Timing().sweep_overdue_hours)


@pytest.mark.parametrize("expression", [SWEEP_SCHEDULE, "0 */10 * * * *", "0 0 4,16 * * *"])
def test_a_schedule_of_at_least_once_a_day_needs_no_warning(expression: str) -> None:
    assert not list(schedule_check(expression, DEFAULT, NOW))


@pytest.mark.parametrize(
    ("expression", "hours"), [("0 0 4 * * Sun", 168), ("0 0 4 * * Mon-Fri", 72)]
)
def test_a_pause_in_which_a_sweep_would_be_overdue_is_a_warning(
    expression: str, hours: int
) -> None:
    [found] = schedule_check(expression, DEFAULT, NOW)

    assert found.level is Level.WARN
    assert found.finding == (
        f"sweeps run up to {hours} hours apart, but one is overdue after 30: "
        "MONITOR-BLIND would open in each pause"
    )
    assert "timing.sweep_overdue_hours" in found.step


def test_a_longer_limit_allows_a_weekly_sweep() -> None:
    assert not list(schedule_check("0 0 4 * * Sun", timedelta(hours=180), NOW))


def test_a_limit_below_the_daily_pause_is_a_warning() -> None:
    [found] = schedule_check(SWEEP_SCHEDULE, timedelta(hours=20), NOW)

    assert "up to 24 hours apart, but one is overdue after 20" in found.finding


def test_a_schedule_that_is_never_due_is_a_warning() -> None:
    [found] = schedule_check("0 0 4 30 2 *", DEFAULT, NOW)

    assert (found.level, found.finding) == (Level.WARN, "SWEEP_SCHEDULE is never due")
