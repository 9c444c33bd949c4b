"""How long it took to detect, report and close a change, or why that is not known. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cli.reporting.kept import Kept
from cli.reporting.values import time_data
from drift.notices import Found

_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Detection:
    """The times of one incident.

    ``changed_at`` is the earliest known moment of the change: the event of the write, of several
    that can have made it the oldest. None: it is not known, and ``after`` (None: not known either)
    is the time of the last answer that did not show the failure. ``why`` says why a time is not
    known, "" if it is known.
    """

    changed_at: datetime | None
    after: datetime | None
    opened_at: datetime
    told_at: datetime | None
    why: str

    @property
    def to_decide(self) -> timedelta | None:
        """Return the time from the change to the opening; clocks that differ a little give no less than 0."""
        return _between(self.changed_at, self.opened_at)

    @property
    def at_most(self) -> timedelta | None:
        """Return the longest possible time, if the time of the change is not known."""
        return None if self.changed_at else _between(self.after, self.opened_at)

    @property
    def to_tell(self) -> timedelta | None:
        """Return the time from the change to the first delivery."""
        return _between(self.changed_at, self.told_at)


def detection_of(kept: Kept) -> Detection:
    """Return when a change happened and when it was found; of several openings it is the last one."""
    incident = kept.incident
    first = incident.attributions[0] if incident.attributions else None
    writes = [each.at for each in first.writers] if first else []
    is_known = bool(writes) and first is not None and first.is_compared
    is_known = is_known and incident.found is not Found.FIRST_CONTACT
    return Detection(
        changed_at=min(writes) if is_known else None,
        after=first.after if first and not is_known else None,
        opened_at=incident.opened_at,
        told_at=kept.first_told_at,
        why="" if is_known else _why(kept),
    )


def time_to_close(kept: Kept) -> timedelta | None:
    """Return the time from the first opening to the end, None while it is open.

    If it opened again soon after an end, the short time in between counts as open.
    """
    return _between(kept.opened_at, kept.incident.closed_at)


def times_data(kept: Kept) -> Mapping[str, Any]:
    """Return how long detection and closing took; null is not known, or not over."""
    found = detection_of(kept)
    return {
        "changedAt": time_data(found.changed_at),
        "lastSeenWithout": time_data(found.after),
        "openedAt": time_data(found.opened_at),
        "firstOpenedAt": time_data(kept.opened_at),
        "reopened": kept.is_reopened,
        "firstToldAt": time_data(found.told_at),
        "closedAt": time_data(kept.incident.closed_at),
        "secondsToDecide": _seconds(found.to_decide),
        "secondsToDecideAtMost": _seconds(found.at_most),
        "secondsToTell": _seconds(found.to_tell),
        "secondsToClose": _seconds(time_to_close(kept)),
        "changeNotKnownWhy": found.why or None,
    }


def _seconds(span: timedelta | None) -> float | None:
    return round(span.total_seconds(), 3) if span is not None else None


def _why(kept: Kept) -> str:
    if kept.incident.found is Found.FIRST_CONTACT:
        return "it was there before the monitor looked first"
    if not kept.incident.attributions:
        return "the incident has no note of what made the change"
    if kept.incident.found is Found.MISSED:
        return "a sweep found it; no event reported the change"
    return "no event that is known made the change"


def _between(first: datetime | None, last: datetime | None) -> timedelta | None:
    return max(_NOTHING, last - first) if first and last else None
