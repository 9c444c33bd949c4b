"""ARM, Log Analytics and Resource Graph from the first question on: none of their SDKs is imported before.

An event is taken in without a question, so that after a cold start it does not wait for them.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from drift.model import Actor
from drift.ports import ActivityAnswer, ActivityLog, Inventory, Listing, Page, Reader, Reading

Clients = tuple[Reader, ActivityLog, Inventory, Callable[[], None]]
"""What asks ARM, Log Analytics and Resource Graph, and what ends them."""


class LateClients:
    """Implements ``Reader``, ``ActivityLog`` and ``Inventory`` by clients that are built on first use."""

    def __init__(self, build: Callable[[], Clients]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._clients: Clients | None = None
        self._is_closed = False

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id; raise SourceUnavailable."""
        return self._built()[0].get(resource_id)

    def list(self, collection_id: str) -> Listing:
        """Read every item of a collection; raise SourceUnavailable."""
        return self._built()[0].list(collection_id)

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        """Return what else this actor wrote in the window; raise SourceUnavailable."""
        return self._built()[1].writes_by(
            actor, since=since, until=until, correlation_id=correlation_id
        )

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        """Return one page of a subscription's resources of these types; raise SourceUnavailable."""
        return self._built()[2].page(subscription, types, after=after, size=size)

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        """Return a subscription and these of its groups, with their tags; raise SourceUnavailable."""
        return self._built()[2].tags(subscription, groups)

    def close(self) -> None:
        """Close what was built; nothing may be asked any more."""
        with self._lock:
            self._is_closed = True
            if self._clients:
                self._clients[3]()

    def _built(self) -> Clients:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("closed")
            self._clients = self._clients or self._build()
            return self._clients
