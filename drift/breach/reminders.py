"""On which days a reminder of a notice is due, before and after its last day. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from drift.breach.deadlines import Deadline
from drift.breach.local_days import local_day, zone_of

MORNING: Final = time(9)
"""When reminders of a day are due, by the clock of the organization."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderDays:
    """The days of reminders: the numbers of days ``before`` the last day (0: on it) and ``after`` it."""

    before: tuple[int, ...] = (30, 14, 7, 3, 1, 0)
    after: tuple[int, ...] = (1, 7)

    def newest(self, days_left: int) -> int | None:
        """Return the newest reminder day that has come, in days left; None if none has come yet."""
        set_days = (*self.before, *(-each for each in self.after))
        return min((each for each in set_days if each >= days_left), default=None)


@dataclass(frozen=True, slots=True)
class Reminder:
    """The newest reminder of a deadline: its day in days left, and the days left now.

    Both are negative once the last day has passed.
    """

    deadline: Deadline
    set_day: int
    days_left: int


def reminders(due: Iterable[Deadline], days: ReminderDays, today: date) -> tuple[Reminder, ...]:
    """Return the newest reminder of each deadline whose first reminder day has come.

    If several were missed, only the newest is returned.
    """
    found = ((each, (each.day - today).days) for each in due)
    return tuple(
        Reminder(deadline, set_day, left)
        for deadline, left in found
        if (set_day := days.newest(left)) is not None
    )


def next_morning(now: datetime, zone: str) -> datetime:
    """Return the next time, in UTC, at which reminders are due; raise ValueError for an unknown zone."""
    day = local_day(now, zone)
    first = (_morning(each, zone) for each in (day, day + timedelta(days=1)))
    return next(each for each in first if each > now)


def _morning(day: date, zone: str) -> datetime:
    return datetime.combine(day, MORNING, zone_of(zone)).astimezone(UTC)
