"""Arithmetic with times at the ends of the calendar."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from drift.clock.bounds import FIRST, LAST, days_later, earlier, in_utc, later, nth_of, seconds_span

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_in_the_middle_of_the_calendar_a_sum_is_a_sum() -> None:
    assert later(NOW, MINUTE) == NOW + MINUTE
    assert earlier(NOW, MINUTE) == NOW - MINUTE


@pytest.mark.parametrize("span", [MINUTE, timedelta.max])
def test_a_sum_stays_at_the_end_of_the_calendar(span: timedelta) -> None:
    assert later(LAST, span) == later(NOW, timedelta.max) == LAST
    assert earlier(FIRST, span) == earlier(NOW, timedelta.max) == FIRST


def test_a_day_stays_at_the_end_of_the_calendar() -> None:
    assert days_later(NOW.date(), 60) == date(2027, 1, 19)
    assert days_later(date.max, 60) == days_later(NOW.date(), 2**31) == date.max


def test_a_time_that_utc_cannot_express_is_the_nearest_one_that_it_can() -> None:
    west, east = timezone(-timedelta(hours=12)), timezone(timedelta(hours=14))

    assert in_utc(LAST.replace(tzinfo=west)) == LAST
    assert in_utc(FIRST.replace(tzinfo=east)) == FIRST
    assert in_utc(NOW.astimezone(east)) == NOW
    assert in_utc(NOW.astimezone(east)).tzinfo is UTC


@pytest.mark.parametrize(
    ("seconds", "span"),
    [
        (-(2.0**70), timedelta()),
        (-1, timedelta()),
        (0, timedelta()),
        (2.5, timedelta(seconds=2.5)),
        (float("nan"), timedelta()),
    ],
)
def test_a_span_is_never_below_0(seconds: float, span: timedelta) -> None:
    assert seconds_span(seconds) == span


@pytest.mark.parametrize("seconds", [2**70, 1e300, float("inf")])
def test_a_span_longer_than_the_calendar_ends_with_it(seconds: float) -> None:
    assert later(FIRST, seconds_span(seconds)) == LAST


@pytest.mark.parametrize(
    ("number", "item"), [(-9, "a"), (-1, "a"), (0, "a"), (1, "b"), (2, "c"), (2**70, "c")]
)
def test_a_count_beyond_the_items_takes_the_nearest_one(number: int, item: str) -> None:
    assert nth_of(("a", "b", "c"), number) == item
