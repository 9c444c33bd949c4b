"""The period that two options name."""

from datetime import UTC, datetime, timedelta

import pytest

from cli.reporting.period import Period, period_of
from drift.errors import BadSettings

NOW = datetime(2026, 12, 2, tzinfo=UTC)


def test_the_first_moment_belongs_to_a_period_and_the_last_does_not() -> None:
    period = period_of("2026-11-01", "2026-12-01", "UTC", NOW)

    assert datetime(2026, 11, 1, tzinfo=UTC) in period
    assert datetime(2026, 12, 1, tzinfo=UTC) - timedelta(microseconds=1) in period
    assert datetime(2026, 12, 1, tzinfo=UTC) not in period
    assert None not in period


def test_a_date_begins_at_midnight_of_the_organization_also_across_a_change_of_its_clocks() -> None:
    found = period_of("2026-11-01", "2026-11-02", "America/New_York", NOW)

    assert found == Period(
        datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)
    )


def test_two_months_that_follow_each_other_neither_overlap_nor_leave_a_gap() -> None:
    first = period_of("2026-10-01", "2026-11-01", "Asia/Kolkata", NOW)
    second = period_of("2026-11-01", "2026-12-01", "Asia/Kolkata", NOW)

    assert first.until == second.since


def test_a_time_with_an_offset_is_taken_as_it_is_and_one_without_is_local() -> None:
    found = period_of("2026-11-01T09:00:00-03:00", "2026-11-01T09:00:00", "America/New_York", NOW)

    assert found == Period(
        datetime(2026, 11, 1, 12, tzinfo=UTC), datetime(2026, 11, 1, 14, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [
        ("2026-12-01", "2026-11-01", "--to must be later than --from"),
        ("2026-11-01", "2026-11-01", "--to must be later than --from"),
        ("2026-12-03", "2026-12-04", "--from is in the future"),
        ("2026-11-31", "2026-12-01", "--from needs a date or a time"),
        ("2026-11-01", "", "--to needs a date or a time such as 2026-11-01"),
        ("0001-01-01", "2026-11-01", "--from needs a date or a time"),
        ("soon\x1b[31m", "2026-11-01", "not soon[31m"),
    ],
)
def test_a_period_that_is_none_is_refused(since: str, until: str, why: str) -> None:
    with pytest.raises(BadSettings) as refused:
        period_of(since, until, "Asia/Kolkata", NOW)

    assert why in " ".join(refused.value.problems)
