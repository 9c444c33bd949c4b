"""The kinds of queues that the contract is run against, and how their leases pass."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.queues import Message, Queues
from adapters.sqlite_queues import SqliteQueues
from adapters.storage_queues import StorageQueues
from tests.azurite import Azurite

_A_MOMENT = 0.2


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Kind:
    """Queues, how long a lease lasts, and what lets time pass."""

    queues: Queues
    lease: float
    passes: Callable[[float], None]

    def take(
        self, count: int = 1, *, owner: str = "me", queue: str = "changes"
    ) -> tuple[Message, ...]:
        return self.queues.take(queue, count, lease_seconds=self.lease, owner=owner)

    def texts(self, count: int = 10, *, queue: str = "changes") -> list[str]:
        """Take what can be taken, and return what it says."""
        return [each.text for each in self.take(count, queue=queue)]


@contextmanager
def sqlite(folder: Path, _: Callable[[], Azurite]) -> Iterator[Kind]:
    clock = Clock()
    with closing(SqliteQueues(folder / "queues.db", clock=clock)) as queues:
        yield Kind(queues, 600.0, clock.advance)


@contextmanager
def azurite(folder: Path, started: Callable[[], Azurite]) -> Iterator[Kind]:
    """Its clock is the world's, so a lease is short: whole seconds are the least there is."""
    with closing(StorageQueues(started().account(), folder / "held.db")) as queues:
        yield Kind(queues, 1.0, lambda seconds: time.sleep(seconds + _A_MOMENT))


KINDS = {"sqlite": sqlite, "azurite": azurite}
