"""Reserve the last reads that ARM allows for the changed resources, because they may raise alerts."""

import threading
from http import HTTPStatus
from typing import Final

from drift import ids
from drift.errors import SourceUnavailable
from drift.observation.throttle_gate import WAIT
from drift.ports import Listing, PageCheck, Reader, Reading, every_page

RESERVE: Final = 100
"""Reads reserved of the 250 in a subscription's token bucket.
https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"""

_MOST_RELATED: Final = 30
"""Related reads of one evaluation."""

_REFILL: Final = 25
"""Reads that refill the bucket each second (same page)."""


def is_low(left: int | None) -> bool:
    """Tell whether an evaluation might reach the reserve before it has read all related resources."""
    return left is not None and left < RESERVE + _MOST_RELATED


class BudgetedReader:
    """Reads related resources, unless the token bucket of the subscription is low.

    In a storm of events each changed resource itself is still read, and failures that this proves
    raise alerts at once. Other verdicts are unknown until the bucket has refilled. ``left`` is the
    number of reads left in the bucket; None: no read is refused.
    """

    def __init__(self, reader: Reader, resource_id: str, left: int | None) -> None:
        self._reader = reader
        self._subscription = ids.subscription_of(resource_id)
        self._left = left
        self._lock = threading.Lock()

    def get(self, resource_id: str) -> Reading:
        """Read one document; raise SourceUnavailable at once where only the reserve is left."""
        self._check(resource_id)
        answer = self._reader.get(resource_id)
        self._note(resource_id, answer.left)
        return answer

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read a collection; raise SourceUnavailable at once where only the reserve is left."""
        self._check(collection_id)
        answer = self._reader.list(collection_id, before_page=before_page)
        self._note(collection_id, answer.left)
        return answer

    def _check(self, resource_id: str) -> None:
        """Count a read that is made; raise SourceUnavailable where only the reserve is left."""
        with self._lock:
            if self._left is None or not self._is_ours(resource_id):
                return
            if self._left >= RESERVE:
                self._left -= 1
                return
            wait = (RESERVE - self._left) / _REFILL
        raise SourceUnavailable(resource_id, HTTPStatus.TOO_MANY_REQUESTS, WAIT, retry_after=wait)

    def _note(self, resource_id: str, left: int | None) -> None:
        """Note how many reads ARM says are left; of answers that overtake each other, the lowest counts."""
        with self._lock:
            if self._left is not None and left is not None and self._is_ours(resource_id):
                self._left = min(self._left, left)

    def _is_ours(self, resource_id: str) -> bool:
        return ids.subscription_of(resource_id) == self._subscription
