"""Limit the reads of a sweep per minute, so that events never wait for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

from drift import ids
from drift.errors import SourceUnavailable
from drift.observation.read_budget import RESERVE
from drift.observation.throttle_gate import WAIT
from drift.ports import Listing, PageCheck, Reader, Reading, every_page
from drift.state.sweep_state import ReadBudget

READS: Final = 300
"""Reads per minute, of the 1,500 that refill a subscription's token bucket.
https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"""

KEPT: Final = RESERVE + 50
"""Reads that a sweep leaves in the bucket.

Below the reserve an event's related resources are not read, so its verdict would wait. Fifty more
serve the related reads of several events at once.
"""

_MOST: Final = {"microsoft.storage get": 80, "microsoft.storage list": 10}
"""Reads and lists per minute: Storage allows 800 reads and 100 lists in five minutes to all callers.
https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling#storage-throttling"""


class SweepBudgetReader:
    """A reader within a read budget; beyond it raises SourceUnavailable with the wait in seconds."""

    def __init__(self, reader: Reader, clock: Callable[[], datetime], ration: ReadBudget) -> None:
        self._reader = reader
        self._clock = clock
        self._left: int | None = None
        self.ration = ration

    def get(self, resource_id: str) -> Reading:
        """Read one document."""
        self._take(resource_id, "get")
        answer = self._reader.get(resource_id)
        self._left = answer.left
        return answer

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read every item of a collection."""
        self._take(collection_id, "list")
        answer = self._reader.list(collection_id, before_page=before_page)
        self._left = answer.left
        return answer

    @property
    def is_whole(self) -> bool:
        """Tell whether this minute's budget is unused."""
        return not self.ration.spent or self._clock() >= self.ration.renews_at

    def allows(self, resource_id: str) -> bool:
        """Tell whether a document may be read now."""
        return self._is_left(_kind(resource_id, "get"))

    def _take(self, what: str, how: str) -> None:
        kind = _kind(what, how)
        if not self._is_left(kind):
            wait = (self.ration.renews_at - self._clock()).total_seconds()
            raise SourceUnavailable(what, HTTPStatus.TOO_MANY_REQUESTS, WAIT, retry_after=wait)
        spent = self.ration.spent
        self.ration = replace(self.ration, spent={**spent, kind: spent.get(kind, 0) + 1})

    def _is_left(self, kind: str) -> bool:
        now = self._clock()
        if now >= self.ration.renews_at:
            self.ration, self._left = ReadBudget(began=now), None
        spent = self.ration.spent
        low = self._left is not None and self._left < KEPT
        used_up = spent.get(kind, 0) >= _MOST.get(kind, READS) or sum(spent.values()) >= READS
        return not low and not used_up


def _kind(what: str, how: str) -> str:
    return f"{ids.provider_of(what)} {how}"
