"""The ports to Azure and to the state, each built on its first use: until then no SDK is imported.

Accepting an event needs none of them, so it does not wait for an SDK import after a cold start.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from drift.evidence.ports import EvidenceLog
from drift.lazy import Lazy
from drift.ports import Clients, Reader, Store

T = TypeVar("T")


class OpenStore(Store, Protocol):
    """A store that holds connections."""

    def close(self) -> None:
        """Close them."""


class OpenReader(Reader, Protocol):
    """A reader that holds connections."""

    def close(self) -> None:
        """Close them."""


class OpenEvidence(EvidenceLog, Protocol):
    """An evidence log that may hold connections."""

    def close(self) -> None:
        """Close them."""


class LazyClients:
    """Implements the ports of ``Clients`` with clients built on first use."""

    def __init__(self, build: Callable[[], Clients]) -> None:
        self._clients = Lazy(build)
        self.reader = _forwarded(lambda: self._clients.get().reader)
        self.activity_log = _forwarded(lambda: self._clients.get().activity_log)
        self.inventory = _forwarded(lambda: self._clients.get().inventory)
        self.metrics = _forwarded(lambda: self._clients.get().metrics)
        self.dead_letters = _forwarded(lambda: self._clients.get().dead_letters)

    def close(self) -> None:
        """Close the built clients; no call may follow."""
        self._clients.close(lambda clients: clients.close())


class LazyStore:
    """Implements ``Store`` with a store that is built on first use."""

    def __init__(self, build: Callable[[], OpenStore]) -> None:
        self._store = Lazy(build)
        self.store: Store = _forwarded(self._store.get)

    def close(self) -> None:
        """Close the built clients; no call may follow."""
        self._store.close(lambda store: store.close())


class LazyEvidence:
    """Implements ``EvidenceLog`` with a log that is built on first use."""

    def __init__(self, build: Callable[[], OpenEvidence]) -> None:
        self._log = Lazy(build)
        self.log: EvidenceLog = _forwarded(self._log.get)

    def close(self) -> None:
        """Close the built clients; no call may follow."""
        self._log.close(lambda log: log.close())


class LazyReader:
    """Implements ``Reader`` with a reader that is built on first use."""

    def __init__(self, build: Callable[[], OpenReader]) -> None:
        self._reader = Lazy(build)
        self.reader: Reader = _forwarded(self._reader.get)

    def close(self) -> None:
        """Close the built clients; no call may follow."""
        self._reader.close(lambda reader: reader.close())


def _forwarded(get: Callable[[], T]) -> T:
    """Return an object that gets the real one from ``get`` each time one of its methods is used."""
    return cast("T", _Forwarder(get))


class _Forwarder:
    """Has the attributes of another object, which it gets at each use."""

    def __init__(self, get: Callable[[], object]) -> None:
        self._get = get

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)
