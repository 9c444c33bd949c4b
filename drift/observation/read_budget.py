"""Keep what ARM still allows for the reads that matter most: each resource's own, which may alert."""

from http import HTTPStatus
from typing import Final

from drift import ids
from drift.errors import SourceUnavailable
from drift.observation.throttle_gate import WAIT
from drift.ports import Listing, Reader, Reading

RESERVE: Final = 100
"""Reads kept back of the 250 that a subscription's bucket holds.
https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"""

_REFILL: Final = 25
"""Reads that come back each second."""


class BudgetedReader:
    """Reads what lies around a resource, unless its subscription's bucket is low.

    In a storm every resource is then read itself, and what that proves is told at once; what needs
    more is unknown until the bucket has filled again. ``left`` None: whatever is asked for is read.
    """

    def __init__(self, reader: Reader, resource_id: str, left: int | None) -> None:
        self._reader = reader
        self._subscription = ids.subscription_of(resource_id)
        self._left = left

    def get(self, resource_id: str) -> Reading:
        """Read one document; raise SourceUnavailable at once where the reads left are kept back."""
        self._check(resource_id)
        answer = self._reader.get(resource_id)
        self._note(resource_id, answer.left)
        return answer

    def list(self, collection_id: str) -> Listing:
        """Read a collection; raise SourceUnavailable at once where the reads left are kept back."""
        self._check(collection_id)
        answer = self._reader.list(collection_id)
        self._note(collection_id, answer.left)
        return answer

    def _check(self, resource_id: str) -> None:
        if self._left is None or not self._is_ours(resource_id) or self._left >= RESERVE:
            return
        wait = (RESERVE - self._left) / _REFILL
        raise SourceUnavailable(resource_id, HTTPStatus.TOO_MANY_REQUESTS, WAIT, retry_after=wait)

    def _note(self, resource_id: str, left: int | None) -> None:
        if self._left is not None and left is not None and self._is_ours(resource_id):
            self._left = left

    def _is_ours(self, resource_id: str) -> bool:
        return ids.subscription_of(resource_id) == self._subscription
