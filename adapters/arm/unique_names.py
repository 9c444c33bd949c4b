"""Find a resource by a globally unique name, in every readable subscription."""

import time
from collections.abc import Callable
from typing import Final

from adapters.arm.inventory import ResourceGraph
from drift import ids
from drift.arm.unique_names import is_unique_name
from drift.ports import Listing, PageCheck, Reader, Reading, every_page

_FOUND_SECONDS: Final = 300.0
"""How long an answer is cached: thousands of accounts may name the same vault, and Resource Graph
allows 15 queries in five seconds.
https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests"""

_MOST_NAMES: Final = 1000
"""Maximum number of cached answers."""


class NameReader:
    """Implements ``drift.ports.Reader``: ids without a subscription are looked up in Resource Graph.

    Resource Graph silently omits resources that the identity may not read, so an absent resource
    may still exist.
    """

    def __init__(
        self, reader: Reader, graph: ResourceGraph, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._reader = reader
        self._graph = graph
        self._clock = clock
        self._found: dict[str, tuple[float, Reading]] = {}

    def get(self, resource_id: str) -> Reading:
        """Read one document, or find the row of one by its name; raise SourceUnavailable."""
        if not is_unique_name(resource_id):
            return self._reader.get(resource_id)
        name, now = ids.key(resource_id), self._clock()
        since, answer = self._found.get(name, (now, None))
        if answer is None or now - since > _FOUND_SECONDS:
            answer = self._graph.find(resource_id)
            if len(self._found) >= _MOST_NAMES:
                self._found.clear()
            self._found[name] = (now, answer)
        return answer

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read every item of a collection; raise SourceUnavailable."""
        return self._reader.list(collection_id, before_page=before_page)
