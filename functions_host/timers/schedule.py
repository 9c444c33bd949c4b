"""Find the next time of a timer's schedule, in UTC as in Azure."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from drift.config.ncrontab import Ncrontab

_HORIZON_DAYS: Final = 366 * 8 + 1
"""A schedule that is due on none of these days is never due: they include a 29 February."""


def after(schedule: Ncrontab, moment: datetime) -> datetime | None:
    """Return the first time due after a moment, None where there is none.

    A day must match both fields that name days, as in the host (unlike cron).
    """
    start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    for ahead in range(_HORIZON_DAYS):
        day = (start + timedelta(days=ahead)).date()
        is_due = day.day in schedule.days and day.month in schedule.months
        if not is_due or day.isoweekday() % 7 not in schedule.weekdays:
            continue
        clock = _first_from(schedule, start.time() if ahead == 0 else time.min)
        if clock is not None:
            return datetime.combine(day, clock, UTC)
    return None


def _first_from(schedule: Ncrontab, earliest: time) -> time | None:
    """Return the first time of day that is due at or after ``earliest``."""
    hours = sorted(each for each in schedule.hours if each >= earliest.hour)
    for hour in hours:
        first = earliest.minute if hour == earliest.hour else 0
        for minute in sorted(each for each in schedule.minutes if each >= first):
            for second in sorted(schedule.seconds):
                if (clock := time(hour, minute, second)) >= earliest:
                    return clock
    return None
