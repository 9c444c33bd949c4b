"""Add to a time that was stored, queued or answered: at an end of the calendar the sum stays there.

Such a time may be any that can be written: an exception that never expires has 9999-12-31, and
data may be damaged. An overflow would be raised again at every retry, so nothing would be decided.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

T = TypeVar("T")

FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)

_LONGEST: Final = LAST - FIRST


def later(at: datetime, span: timedelta) -> datetime:
    """Return a time plus a span from 0 on, at most the last time that the calendar has."""
    try:
        return at + span
    except OverflowError:
        return LAST


def earlier(at: datetime, span: timedelta) -> datetime:
    """Return a time less a span from 0 on, at least the first time that the calendar has."""
    try:
        return at - span
    except OverflowError:
        return FIRST


def days_later(day: date, days: int) -> date:
    """Return a day plus a number of days from 0 on, at most the last day that the calendar has."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max


def in_utc(at: datetime) -> datetime:
    """Return a time as UTC has it, within the calendar."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return LAST if at.year > FIRST.year else FIRST


def seconds_span(seconds: float) -> timedelta:
    """Return a span of seconds from 0 on, at most as long as the calendar."""
    if not seconds > 0:
        return timedelta()
    return timedelta(seconds=seconds) if seconds < _LONGEST.total_seconds() else _LONGEST


def nth_of(items: Sequence[T], number: int) -> T:
    """Return the item at a place from 0 on: the first for one below it, the last for one beyond."""
    return items[min(max(number, 0), len(items) - 1)]
