"""The kinds of queues that the contract is run against, and how their leases pass."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.queues.azure_calls import QueueCalls
from adapters.queues.azurite import StorageQueues
from adapters.queues.protocol import Queues, TakenMessage
from adapters.queues.sqlite import SqliteQueues
from tests.azurite import Azurite

_A_MOMENT = 0.2


class Clock:
    """A clock that moves only if a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Kind:
    """Queues, how long a lease lasts, what lets time pass, and what puts another sender's message."""

    queues: Queues
    lease: float
    passes: Callable[[float], None]
    sends: Callable[[str], None]

    def take(
        self, count: int = 1, *, owner: str = "me", queue: str = "changes"
    ) -> tuple[TakenMessage, ...]:
        return self.queues.take(queue, count, lease_seconds=self.lease, owner=owner)

    def texts(self, count: int = 10, *, queue: str = "changes") -> list[str]:
        """Take the available messages, and return their texts."""
        return [each.text for each in self.take(count, queue=queue)]


@contextmanager
def sqlite(folder: Path, _: Callable[[], Azurite]) -> Iterator[Kind]:
    clock, file = Clock(), folder / "queues.db"

    def sends(text: str) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(
                "INSERT INTO messages (queue, text, visible_at) VALUES ('changes', ?, 0)", (text,)
            )

    with closing(SqliteQueues(file, clock=clock)) as queues:
        queues.open()
        yield Kind(queues, 600.0, clock.advance, sends)


@contextmanager
def azurite(folder: Path, started: Callable[[], Azurite]) -> Iterator[Kind]:
    """Its clock is the world's, so a lease is short: whole seconds are the least there is."""
    account = started().account()

    def sends(text: str) -> None:
        with closing(QueueCalls(account)) as calls:
            calls.call_queue("changes", lambda client: client.send_message(text))

    with closing(StorageQueues(account, folder / "held.db")) as queues:
        yield Kind(queues, 1.0, lambda seconds: time.sleep(seconds + _A_MOMENT), sends)


KINDS = {"sqlite": sqlite, "azurite": azurite}
