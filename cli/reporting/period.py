"""The period of a report: its begin, and its end (not included)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from drift.breach.local_days import zone_of
from drift.errors import BadSettings
from drift.untrusted_json import printable

_EXAMPLE: Final = "2026-11-01 or 2026-11-01T09:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open time: ``since`` belongs to it, ``until`` does not; both are in UTC."""

    since: datetime
    until: datetime

    def __contains__(self, at: object) -> bool:
        """Tell whether a moment belongs to it; False for None."""
        return isinstance(at, datetime) and self.since <= at < self.until


def period_of(since: str, until: str, zone: str, now: datetime) -> Period:
    """Return the period that two texts name; raise BadSettings.

    A date is its midnight in ``zone``, and so is a time without an offset a time there.
    """
    problems: list[str] = []
    first, end = _moment("--from", since, zone, problems), _moment("--to", until, zone, problems)
    if not problems and first >= end:
        problems.append("--to must be later than --from: it is the first day that is not reported")
    if not problems and first >= now:
        problems.append("--from is in the future: nothing is known of that time")
    if problems:
        raise BadSettings(tuple(problems))
    return Period(first, end)


def _moment(option: str, text: str, zone: str, problems: list[str]) -> datetime:
    try:
        found = _parsed(text)
        local = found if found.tzinfo else found.replace(tzinfo=zone_of(zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):  # a time near year 1 or 9999 has no UTC
        named = printable(text, 100) or "nothing"
        problems.append(f"{option} needs a date or a time such as {_EXAMPLE}, not {named}")
        return datetime.max.replace(tzinfo=UTC)


def _parsed(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time())
    except ValueError:
        return datetime.fromisoformat(text)
