"""The container into which Event Grid writes events that it cannot deliver: how many wait, and since when.

https://learn.microsoft.com/azure/event-grid/manage-event-delivery
"""

from itertools import islice
from typing import Final

from adapters.azure_http.refusals import Refusal
from adapters.evidence.blob_calls import BlobCalls
from drift.errors import SourceUnavailable
from drift.queues.dead_letters import DeadLetters

MOST: Final = 5_000
"""Blobs that are counted: one page of a list."""


class DeadLetterBlobs:
    """Implements ``drift.queues.dead_letters.DeadLetterBox``. Only the list is read, never a blob."""

    def __init__(self, calls: BlobCalls) -> None:
        self._calls = calls

    def waiting(self) -> DeadLetters | None:
        """Return the events that wait, None if there is no container; raise SourceUnavailable."""
        try:
            times = list(islice(self._calls.times(), MOST + 1))
        except Refusal as refusal:
            if (refusal.status, refusal.code) == (404, "ContainerNotFound"):
                return None
            raise SourceUnavailable("dead letters", refusal.status, refusal.code) from None
        return DeadLetters(
            count=min(len(times), MOST),
            oldest=min((each for each in times if each), default=None),
            is_whole=len(times) <= MOST,
        )

    def close(self) -> None:
        """Close every session; no call may follow."""
        self._calls.close()
