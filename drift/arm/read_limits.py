"""The limits of ARM and of Storage on reads of a subscription, and how much of them first reads may use."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.clock import bounds

ARM: Final = "arm"
"""The limit of ARM itself, which counts every read."""

STORAGE_GET: Final = "microsoft.storage get"
STORAGE_LIST: Final = "microsoft.storage list"

_COUNTED_APART: Final = frozenset({STORAGE_GET, STORAGE_LIST})


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: this many reads at once, and one more after each ``interval``."""

    burst: int
    interval: timedelta

    def taken(self, free_at: datetime, many: int, now: datetime) -> datetime:
        """Return the time until which the limit is used up after this many more reads.

        A request for more than the whole limit may use all of it once.
        """
        return bounds.later(max(free_at, now), min(many, self.burst) * self.interval)


FIRST_READS: Final[Mapping[str, Limit]] = {
    # ARM allows 250 at once, refilled by 25 a second
    # https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
    ARM: Limit(104, timedelta(seconds=12 / 125)),
    # Storage allows 800 reads in 5 minutes
    # https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling#storage-throttling
    STORAGE_GET: Limit(333, timedelta(seconds=300 / 333)),
    STORAGE_LIST: Limit(41, timedelta(seconds=300 / 41)),
}
"""First reads may use five twelfths of the limits, confirmations a third, background work a quarter."""


def limits_of(document: str) -> tuple[str, ...]:
    """Return the names of the limits that count a read of a document or a collection."""
    kind = f"{ids.provider_of(document)} {'list' if _is_collection(document) else 'get'}"
    return (ARM, kind) if kind in _COUNTED_APART else (ARM,)


def _is_collection(document: str) -> bool:
    names = document.rpartition("/providers/")[2].strip("/").split("/")
    return "/providers/" in document and len(names) % 2 == 0


_SET_BACK: Final = timedelta(minutes=1)
"""Threads book in another order than they look at the clock; by more than this, it was set back."""


@dataclass(slots=True)
class FirstReads:
    """The first reads of one process, so that a storm of events does not use up a subscription's limits.

    Each process counts its own, in memory: a first read never waits for a row of the store. If
    several processes together exceed a limit, ARM answers 429 and all of them wait.
    """

    limits: Mapping[str, Limit] = field(default_factory=lambda: FIRST_READS)
    _free_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _last: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def book(self, document: str, now: datetime) -> datetime:
        """Return when a document may be read, ``now`` or later, and count that read."""
        home = ids.home_of(document)
        places = [(home, name) for name in limits_of(document)]
        with self._lock:
            self._follow_clock(now)
            taken = {each: self._taken(each, now) for each in places}
            self._free_at.update(taken)
            return max([now, *self._allowed(taken.items())])

    def _follow_clock(self, now: datetime) -> None:
        """Move what is booked with a clock that was set back: else reads wait for the time it was ahead."""
        if self._last and (back := self._last - now) > _SET_BACK:
            self._free_at = {place: at - back for place, at in self._free_at.items()}
        self._last = now

    def _taken(self, place: tuple[str, str], now: datetime) -> datetime:
        return self.limits[place[1]].taken(self._free_at.get(place, now), 1, now)

    def _allowed(self, taken: Iterable[tuple[tuple[str, str], datetime]]) -> list[datetime]:
        """Return the time from which each read is within its limit."""
        return [
            until - self.limits[name].burst * self.limits[name].interval
            for (_, name), until in taken
        ]
