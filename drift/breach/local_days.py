"""Days of the organization: a period that the law counts in days begins on a local date."""

from datetime import UTC, date, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drift.clock import bounds

_UTC_NAME: Final = "UTC"


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name; raise ValueError where the machine does not know it.

    UTC needs no data of the machine.
    """
    if name == _UTC_NAME:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: it names a folder
        raise ValueError(f"{name} is not a known time zone") from error


def local_day(at: datetime, zone: str) -> date:
    """Return the date on which a moment falls in a time zone."""
    try:
        return at.astimezone(zone_of(zone)).date()
    except OverflowError:  # at an end of the calendar
        return bounds.in_utc(at).date()
