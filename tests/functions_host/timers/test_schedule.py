"""When a schedule is due next."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from drift.config.ncrontab import parse_schedule
from functions_host.timers.schedule import after

SUNDAY = datetime(2026, 11, 22, 10, 20, 30, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("* * * * * *", "2026-11-22T10:20:31"),
        ("30 * * * * *", "2026-11-22T10:21:30"),
        ("0 */5 * * * *", "2026-11-22T10:25:00"),
        ("0 0 4 * * *", "2026-11-23T04:00:00"),
        ("0 20 10 * * *", "2026-11-23T10:20:00"),
        ("0 30 10 * * *", "2026-11-22T10:30:00"),
        ("0 0 0 1 * *", "2026-12-01T00:00:00"),
        ("0 0 9 * * Mon-Fri", "2026-11-23T09:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("59 59 23 31 Dec *", "2026-12-31T23:59:59"),
    ],
)
def test_the_next_time_is_the_first_one_after(expression: str, due: str) -> None:
    assert after(parse_schedule(expression), SUNDAY) == datetime.fromisoformat(f"{due}+00:00")


def test_both_day_fields_must_fit() -> None:
    friday_the_13th = after(parse_schedule("0 0 0 13 * Fri"), SUNDAY)

    assert friday_the_13th == datetime(2027, 8, 13, tzinfo=UTC)


def test_a_day_that_no_calendar_has_is_never_due() -> None:
    assert after(parse_schedule("0 0 0 30 2 *"), SUNDAY) is None


def test_a_moment_of_another_zone_is_understood() -> None:
    plus_two = SUNDAY.astimezone(timezone(timedelta(hours=2)))

    assert after(parse_schedule("0 0 4 * * *"), plus_two) == after(
        parse_schedule("0 0 4 * * *"), SUNDAY
    )
