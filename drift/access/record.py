"""The stored answer to whether an exposed resource was used, with the questions that were asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift.extensible import Extensible
from drift.notices import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry(Extensible):
    """One question to one source, and what came back.

    ``source`` is the name of a query, or of a metric. ``rows`` counts what came back; ``arrived_until`` is
    the time up to which the source has its rows, None where that is not known. ``failure`` says why there
    is no answer, "" where there is one.
    """

    source: str
    since: datetime
    until: datetime
    asked_at: datetime
    rows: int = 0
    arrived_until: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSeen(Extensible):
    """One caller who used an exposed resource: where from, and how it proved who it is.

    ``did`` says in words what it did, "" if ``reads`` and ``listings`` say it.
    """

    proof: str
    address: str
    principal: str = ""
    reads: int = 0
    listings: int = 0
    first: datetime | None = None
    last: datetime | None = None
    did: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure(Extensible):
    """Whether a resource was used while it was exposed: the answer for one opening of an incident.

    ``opened_at`` names the opening: an incident that opens again soon has several. The resource was
    exposed from ``since`` (None: not known) until ``until`` (None: it may still be). ``summary`` is
    the answer as one line. ``callers``, ``reads``, ``listings`` and ``objects`` (None: not known)
    count what callers did who must not have access; for a service without content, ``reads`` counts
    its uses, such as logons. ``flows`` counts allowed connections, sign-ins or operations of which it
    is not known whether each was a use. ``seen`` are the first callers. ``is_final``: no later
    answer can differ. ``inquiries`` are its evidence.
    """

    opened_at: datetime
    access: Access
    asked_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    summary: str = ""
    callers: int | None = None
    objects: int | None = None
    reads: int = 0
    listings: int = 0
    first: datetime | None = None
    last: datetime | None = None
    seen: tuple[CallerSeen, ...] = ()
    coverage: str = ""
    is_final: bool = False
    inquiries: tuple[Inquiry, ...] = ()
    flows: int = 0

    @property
    def news(self) -> tuple[Any, ...]:
        """Return the part of the answer whose change is sent as an update."""
        numbers = self.callers, self.objects, self.reads, self.listings
        return self.access, numbers, bool(self.flows), self.is_final
