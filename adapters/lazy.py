"""The ports to Azure and to the state, each built on its first use: until then no SDK is imported.

Accepting an event needs none of them, so it does not wait for an SDK import after a cold start.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from drift.lazy import Lazy
from drift.model import Actor
from drift.ports import (
    ActivityAnswer,
    Clients,
    Listing,
    Page,
    Reading,
    Row,
    Store,
    Write,
)


class OpenStore(Store, Protocol):
    """A store that holds connections."""

    def close(self) -> None:
        """Close them."""


class LazyClients:
    """Implements ``Reader``, ``ActivityLog`` and ``Inventory`` by clients that are built on first use."""

    def __init__(self, build: Callable[[], Clients]) -> None:
        self._clients = Lazy(build)

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id; raise SourceUnavailable."""
        return self._clients.get().reader.get(resource_id)

    def list(self, collection_id: str) -> Listing:
        """Read every item of a collection; raise SourceUnavailable."""
        return self._clients.get().reader.list(collection_id)

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        """Return what else this actor wrote in the window; raise SourceUnavailable."""
        return self._clients.get().activity_log.writes_by(
            actor, since=since, until=until, correlation_id=correlation_id
        )

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        """Return one page of a subscription's resources of these types; raise SourceUnavailable."""
        return self._clients.get().inventory.page(subscription, types, after=after, size=size)

    def members(self, subscription: str) -> Sequence[str]:
        """Return the id of every resource of a subscription; raise SourceUnavailable."""
        return self._clients.get().inventory.members(subscription)

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        """Return a subscription and these of its groups, with their tags; raise SourceUnavailable."""
        return self._clients.get().inventory.tags(subscription, groups)

    def close(self) -> None:
        """Close what was built; no call may follow."""
        self._clients.close(lambda clients: clients.close())


class LazyStore:
    """Implements ``Store`` by one that is built on first use."""

    def __init__(self, build: Callable[[], OpenStore]) -> None:
        self._store = Lazy(build)

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row, None where there is none."""
        return self._store.get().get(partition, key)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return rows with first <= key < end, in key order, at most ``limit``."""
        return self._store.get().range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write all or nothing; raise Conflict where an etag does not match."""
        self._store.get().commit(partition, writes)

    def close(self) -> None:
        """Close what was built; no call may follow."""
        self._store.close(lambda store: store.close())
