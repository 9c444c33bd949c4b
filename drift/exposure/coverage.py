"""Whether the access log covered a window: without that, no rows mean nothing. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from drift.exposure.window import Window
from drift.model import Outcome
from drift.state.resource_record import ControlState

AROUND: Final = timedelta(hours=24)
"""How far before and after a window rows are looked for that show that the log works."""

_KEPT: Final = timedelta(days=30)
"""How long a table of the plan Analytics keeps rows at the least.
https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure"""

_LATE: Final = timedelta(minutes=20)
"""How late a row of another account may be when this account's rows have arrived: usual are 3 to 10 min.
https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time"""

_STARTS: Final = timedelta(minutes=90)
"""How long a new diagnostic setting may take until its first row.
https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings"""

_ARRIVED: Final = timedelta(hours=24)
"""After so long every row has arrived."""

WHOLE: Final = "logging covered the whole window"


@dataclass(frozen=True, slots=True)
class LogProof:
    """What shows that a log works: the account's own rows around the window, and what stopped the log.

    ``failure`` says why that is not known, "" where it is.
    """

    rows: int = 0
    last: datetime | None = None
    newest: datetime | None = None
    stops: int = 0
    failure: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any], stopped: Mapping[str, Any]) -> "LogProof":
        """Return the proof in the rows of the queries about coverage and about stops."""
        return cls(found["Rows"], found["Last"], found["Newest"], stopped["Stops"])

    @property
    def arrived_until(self) -> datetime | None:
        """Return up to when the account's rows have arrived, as far as rows show it."""
        known = [each for each in (self.last, self.newest and self.newest - _LATE) if each]
        return max(known, default=None)


def coverage_of(
    window: Window, logging: ControlState | None, proof: LogProof, *, now: datetime
) -> str:
    """Return WHOLE, or in words why the log may not show every request of the window.

    ``logging`` is the state of the control that has the account log its requests.
    """
    if window.since is None:
        return "it is not known since when it was open"
    lack = _lack_of_logging(window.since, logging) or _lack_of_rows(window.since, proof, now)
    if lack:
        return lack
    if window.until is None:
        return f"asked at {now:%H:%M} UTC, while it was open"
    arrived = proof.arrived_until
    if now - window.until < _ARRIVED and (arrived is None or arrived < window.until):
        upto = f"up to {arrived:%H:%M} UTC" if arrived else "so far"
        return f"rows have arrived {upto}"
    return WHOLE


def _lack_of_rows(since: datetime, proof: LogProof, now: datetime) -> str:
    """Return why the log may lack rows since a time, "" where nothing shows that."""
    if proof.failure:
        return f"what the log covers is not known: {proof.failure}"
    if proof.stops:
        return "the workspace stopped taking in logs in that time"
    if now - since > _KEPT:
        return "rows of that time may no longer be kept"
    return "" if proof.rows else "no row of this account shows that its log arrives"


def _lack_of_logging(since: datetime, logging: ControlState | None) -> str:
    """Return why requests may not have been logged since a time, "" where they were."""
    if logging is None:
        return "whether the account logs its requests is not known"
    if logging.open or logging.outcome in (Outcome.FAIL, Outcome.EXCEPTED):
        return "logging was off"
    if logging.outcome is not Outcome.PASS or logging.unknown_since:
        return "whether the account logs its requests is not known"
    if logging.closed_at and logging.closed_at + _STARTS > since:
        return "logging was off in a part of that time"
    return ""
