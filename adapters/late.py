"""ARM and Log Analytics from the first question on: until then none of their SDKs is imported.

An event is taken in without a question, so that after a cold start it does not wait for them.
"""

import threading
from collections.abc import Callable
from datetime import datetime

from drift.model import Actor
from drift.ports import ActivityAnswer, ActivityLog, Listing, Reader, Reading

Clients = tuple[Reader, ActivityLog, Callable[[], None]]
"""What asks ARM, what asks Log Analytics, and what ends both."""


class LateClients:
    """Implements ``Reader`` and ``ActivityLog`` by clients that are built on first use."""

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

    def close(self) -> None:
        """Close what was built; nothing may be asked any more."""
        with self._lock:
            self._is_closed = True
            if self._clients:
                self._clients[2]()

    def _built(self) -> Clients:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("closed")
            self._clients = self._clients or self._build()
            return self._clients
