"""The proof that a log works: rows around a window, their arrival, and stops of the log. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from drift.clock import bounds

AROUND: Final = timedelta(hours=24)
"""How far before and after a window the queries look for rows that show that the log works."""

WHOLE: Final = "logging covered the whole window"
"""The text for a log that lacks nothing."""

_LATE: Final = timedelta(minutes=20)
"""If a row of another account is this much newer, this account's rows have arrived: usual are 3 to
10 min. https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time"""


@dataclass(frozen=True, slots=True)
class LogProof:
    """The proof that a log works: the account's own rows around the window, and stops of the log.

    ``failure`` says why this is not known, "" if it is known.
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
        """Return up to when the account's rows have arrived, by the rows."""
        known = [
            each for each in (self.last, self.newest and bounds.earlier(self.newest, _LATE)) if each
        ]
        return max(known, default=None)
