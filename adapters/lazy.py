"""ARM, Log Analytics, Resource Graph and the state from the first question on: until then no SDK is imported.

An event is taken in without a question, so that after a cold start it does not wait for them.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from drift.model import Actor
from drift.ports import (
    ActivityAnswer,
    ActivityLog,
    Inventory,
    Listing,
    Page,
    Reader,
    Reading,
    Row,
    Store,
    Write,
)

Clients = tuple[Reader, ActivityLog, Inventory, Callable[[], None]]
"""What asks ARM, Log Analytics and Resource Graph, and what ends them."""

T = TypeVar("T")


class OpenStore(Store, Protocol):
    """A store that holds connections."""

    def close(self) -> None:
        """Let go of them."""


class LateClients:
    """Implements ``Reader``, ``ActivityLog`` and ``Inventory`` by clients that are built on first use."""

    def __init__(self, build: Callable[[], Clients]) -> None:
        self._clients = _Late(build)

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id; raise SourceUnavailable."""
        return self._clients.built()[0].get(resource_id)

    def list(self, collection_id: str) -> Listing:
        """Read every item of a collection; raise SourceUnavailable."""
        return self._clients.built()[0].list(collection_id)

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        """Return what else this actor wrote in the window; raise SourceUnavailable."""
        return self._clients.built()[1].writes_by(
            actor, since=since, until=until, correlation_id=correlation_id
        )

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        """Return one page of a subscription's resources of these types; raise SourceUnavailable."""
        return self._clients.built()[2].page(subscription, types, after=after, size=size)

    def members(self, subscription: str) -> Sequence[str]:
        """Return the id of every resource of a subscription; raise SourceUnavailable."""
        return self._clients.built()[2].members(subscription)

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        """Return a subscription and these of its groups, with their tags; raise SourceUnavailable."""
        return self._clients.built()[2].tags(subscription, groups)

    def close(self) -> None:
        """Close what was built; nothing may be asked any more."""
        self._clients.end(lambda built: built[3]())


class LateStore:
    """Implements ``Store`` by one that is built on first use."""

    def __init__(self, build: Callable[[], OpenStore]) -> None:
        self._store = _Late(build)

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row, None where there is none."""
        return self._store.built().get(partition, key)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return rows with first <= key < end, in key order, at most ``limit``."""
        return self._store.built().range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write all or nothing; raise Conflict where an etag does not match."""
        self._store.built().commit(partition, writes)

    def close(self) -> None:
        """Close what was built; nothing may be asked any more."""
        self._store.end(lambda built: built.close())


class _Late(Generic[T]):
    """Builds a thing once, for whichever thread is first."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._thing: T | None = None
        self._is_ended = False

    def built(self) -> T:
        """Return the thing; raise RuntimeError once it is ended."""
        with self._lock:
            if self._is_ended:
                raise RuntimeError("closed")
            if self._thing is None:
                self._thing = self._build()
            return self._thing

    def end(self, close: Callable[[T], None]) -> None:
        """End the thing, if it was built."""
        with self._lock:
            self._is_ended = True
            if self._thing is not None:
                close(self._thing)
