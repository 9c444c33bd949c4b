"""Read around a resource for a limited time, so that its evaluation ends within its lease."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from drift.errors import UNANSWERED, SourceUnavailable
from drift.ports import Listing, PageCheck, Reader, Reading, every_page

OUT_OF_TIME: Final = "OutOfTime"
"""The code of a read that was not begun because the evaluation's time was over."""

LIST_CUT: Final = "ListTakesTooLong"
"""The code of a list that was ended at one of its pages because the evaluation's time was over."""

_KEPT_FROM_LISTS: Final = timedelta(seconds=5)
"""The last part of an evaluation's time, in which no page of a list is read."""


class TimelyReader:
    """A reader that begins no read after a time, so that the evaluation ends within its lease.

    A list ends earlier, so that its pages leave time for the reads of the PHI scope. A page that
    does not answer is given up at that time.
    """

    def __init__(self, reader: Reader, clock: Callable[[], datetime], until: datetime) -> None:
        self._reader = reader
        self._clock = clock
        self._until = until

    def get(self, resource_id: str) -> Reading:
        """Read one document; raise SourceUnavailable at once when the time is up."""
        self._check(resource_id)
        return self._reader.get(resource_id)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read a collection; raise SourceUnavailable before the page for which no time is left."""

        def check() -> float:
            before_page()
            left = (self._until - _KEPT_FROM_LISTS - self._clock()).total_seconds()
            if left <= 0:
                raise SourceUnavailable(collection_id, UNANSWERED, LIST_CUT)
            return left

        self._check(collection_id)
        return self._reader.list(collection_id, before_page=check)

    def _check(self, resource_id: str) -> None:
        if self._clock() > self._until:
            raise SourceUnavailable(resource_id, UNANSWERED, OUT_OF_TIME)
