"""From when until when an incident exposed a resource. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds

LOOK_BACK: Final = timedelta(days=7)
"""How far before an opening the queries begin if no earlier read is known."""

_BEFORE: Final = timedelta(minutes=2)
"""A passing read may have come from a replica that was this far behind."""

_AFTER: Final = timedelta(minutes=5)
"""How long a repair may take until every front end of the service refuses.
https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent"""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which a resource was exposed.

    ``since`` is the last read that showed it closed, None where none did; ``until`` is the read that
    showed it closed again, None while it may be open.
    """

    opened_at: datetime
    since: datetime | None
    until: datetime | None

    def asked_since(self, *, least: datetime | None = None) -> datetime:
        """Return the start of the queries."""
        known, span = (self.since, _BEFORE) if self.since else (self.opened_at, LOOK_BACK)
        start = bounds.earlier(known, span)
        return max(start, least) if least else start

    def asked_until(self, now: datetime) -> datetime:
        """Return the end of the queries."""
        return min(now, bounds.later(self.until, _AFTER)) if self.until else now
