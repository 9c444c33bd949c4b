"""The date on which a moment falls for the organization."""

from datetime import UTC, date, datetime

import pytest

from drift.breach.local_days import local_day, zone_of


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2027, 1, 1)),
        ("America/New_York", date(2026, 12, 31)),
        ("Pacific/Guam", date(2027, 1, 1)),
    ],
)
def test_a_moment_falls_on_the_date_of_the_organization(zone: str, day: date) -> None:
    assert local_day(datetime(2027, 1, 1, 4, 59, tzinfo=UTC), zone) == day


@pytest.mark.parametrize("name", ["Mars/Olympus", "America", "../UTC", "/etc/passwd", "a\0b", ""])
def test_a_time_zone_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a known time zone"):
        zone_of(name)
