"""On which days a reminder of a notice is due: each set day once, over year ends, leap days and DST."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.breach.deadlines import Counts, Deadline, NoticeRules, Recipient, deadlines
from drift.breach.local_days import local_day
from drift.breach.reminders import ReminderDays, next_morning, reminders

DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))
SET_DAYS = st.builds(
    lambda before, after: ReminderDays(before=tuple(before), after=tuple(after)),
    st.lists(st.integers(0, 70), max_size=6),
    st.lists(st.integers(1, 30), max_size=3),
)
ZONES = st.sampled_from(
    ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati"]
)
TIMES = st.builds(lambda day, at: datetime.combine(day, at, UTC), DAYS, st.times())
DAY = timedelta(days=1)


def deadline(day: date) -> Deadline:
    return Deadline(Recipient.INDIVIDUALS, day, "45 CFR 164.404(b)")


def set_day(days: ReminderDays, last_day: date, today: date) -> int | None:
    found = reminders([deadline(last_day)], days, today)
    return found[0].set_day if found else None


@given(DAYS, SET_DAYS)
def test_each_set_day_begins_on_its_own_date_and_lasts_until_the_next(
    last_day: date, days: ReminderDays
) -> None:
    wanted = sorted({*days.before, *(-each for each in days.after)}, reverse=True)
    walk = [last_day + each * DAY for each in range(-75, 40)]
    seen = [(today, set_day(days, last_day, today)) for today in walk]
    begins = [
        (today, each) for (_, before), (today, each) in itertools.pairwise(seen) if each != before
    ]

    assert begins == [(last_day - each * DAY, each) for each in wanted]


@given(DAYS, SET_DAYS, st.integers(-40, 80))
def test_the_days_left_are_those_until_the_last_day(
    last_day: date, days: ReminderDays, left: int
) -> None:
    found = reminders([deadline(last_day)], days, last_day - left * DAY)

    assert [each.days_left for each in found] in ([], [left])
    assert all(each.set_day >= each.days_left for each in found)


@given(DAYS)
def test_while_the_count_is_unknown_both_dates_of_hhs_are_called_to_mind(discovered: date) -> None:
    due = deadlines(discovered, rules=NoticeRules(), counts=Counts())
    last = max(each.day for each in due)
    told = reminders(due, ReminderDays(), last)
    hhs = {each.deadline.day for each in told if each.deadline.recipient is Recipient.HHS}

    assert hhs == {discovered + 60 * DAY, date(discovered.year, 12, 31) + 60 * DAY}


@given(DAYS, ZONES)
def test_every_day_of_the_organization_has_one_morning(day: date, zone: str) -> None:
    now = datetime(day.year, day.month, day.day, tzinfo=UTC) - 2 * DAY
    mornings = [now := next_morning(now, zone) for _ in range(4)]
    found = [local_day(each, zone) for each in mornings]

    assert found == [found[0] + each * DAY for each in range(4)]


@given(TIMES, ZONES)
def test_the_next_morning_is_later_and_within_a_day(now: datetime, zone: str) -> None:
    found = next_morning(now, zone)

    assert timedelta() < found - now <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("last_day", "today", "expected"),
    [
        (date(2027, 1, 21), date(2026, 12, 21), None),
        (date(2027, 1, 21), date(2026, 12, 22), 30),
        (date(2028, 3, 1), date(2028, 2, 29), 1),
        (date(2027, 3, 1), date(2027, 2, 28), 1),
        (date(2026, 12, 31), date(2027, 1, 1), -1),
        (date(2026, 12, 31), date(2027, 1, 6), -1),
        (date(2026, 12, 31), date(2027, 6, 1), -7),
    ],
)
def test_the_set_days_cross_year_ends_and_leap_days(
    last_day: date, today: date, expected: int | None
) -> None:
    assert set_day(ReminderDays(), last_day, today) == expected
