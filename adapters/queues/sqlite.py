"""Durable message queues in one SQLite file, with Azure's semantics: lease, receipt, poison."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from adapters.queues.protocol import POISON_SUFFIX, QueueCounts, TakenMessage, Texts, check_messages
from adapters.sqlite_errors import queues_unavailable
from adapters.sqlite_file import BUSY_SECONDS, SqliteFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    text TEXT NOT NULL,
    visible_at REAL NOT NULL,
    dequeue_count INTEGER NOT NULL DEFAULT 0,
    receipt TEXT,
    owner TEXT
);
CREATE INDEX IF NOT EXISTS messages_by_turn ON messages (queue, visible_at, id);
"""

_INSERT: Final = "INSERT INTO messages (queue, text, visible_at) VALUES (?, ?, ?)"


class SqliteQueues:
    """Implements the protocol ``Queues`` on one machine; ``put`` returns after the message is on disk."""

    def __init__(
        self,
        path: Path | str,
        *,
        clock: Callable[[], float] = time.time,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._file = SqliteFile(
            path, _SCHEMA, unavailable=queues_unavailable, busy_seconds=busy_seconds
        )
        self._clock = clock

    def open(self) -> None:
        """Create the file if it is missing; raise QueuesUnavailable if it cannot be used."""
        with self._file.connection():
            pass

    def put(self, queue: str, text: str, *, visible_after: float = 0.0) -> None:
        """Add a message that can be taken after this many seconds; raise MessageRefused."""
        self.put_many([(queue, text)], visible_after=visible_after)

    def put_many(self, messages: Texts, *, visible_after: float = 0.0) -> None:
        """Add (queue, text) pairs, all or none; raise MessageRefused."""
        rows = self._rows(messages, visible_after)
        with self._file.transaction() as connection:
            connection.executemany(_INSERT, rows)

    def take(
        self, queue: str, count: int = 1, *, lease_seconds: float, owner: str
    ) -> tuple[TakenMessage, ...]:
        """Take up to ``count`` visible messages, the longest visible first.

        Others see them again when the lease ends, unless they were completed before.
        """
        if not self._has_visible(queue):
            return ()
        receipt, now = uuid.uuid4().hex, self._clock()
        with self._file.transaction() as connection:
            rows = connection.execute(
                "SELECT id, text, dequeue_count + 1 FROM messages"
                " WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?",
                (queue, now, count),
            ).fetchall()
            connection.executemany(
                "UPDATE messages SET visible_at = ?, dequeue_count = ?, receipt = ?, owner = ?"
                " WHERE id = ?",
                [(now + lease_seconds, dequeues, receipt, owner, id_) for id_, _, dequeues in rows],
            )
        return tuple(
            TakenMessage(str(id_), queue, text, dequeues, receipt) for id_, text, dequeues in rows
        )

    def complete(self, message: TakenMessage, outputs: Texts = ()) -> bool:
        """Delete a message and, in the same transaction, add its outputs, (queue, text) pairs.

        False, and nothing is added, if the lease ended and another process has taken the message
        since; raise MessageRefused.
        """
        rows = self._rows(outputs, 0.0)
        with self._file.transaction() as connection:
            done = connection.execute(
                "DELETE FROM messages WHERE id = ? AND receipt = ?", (message.id, message.receipt)
            )
            if done.rowcount == 1:
                connection.executemany(_INSERT, rows)
        return done.rowcount == 1

    def renew(self, message: TakenMessage, lease_seconds: float) -> bool:
        """Extend the lease to this many seconds from now; False if it is lost."""
        with self._file.transaction() as connection:
            done = connection.execute(
                "UPDATE messages SET visible_at = ? WHERE id = ? AND receipt = ?",
                (self._clock() + lease_seconds, message.id, message.receipt),
            )
        return done.rowcount == 1

    def release(self, message: TakenMessage, delay: float = 0.0) -> bool:
        """Return a message to its queue, visible after this many seconds; False if the lease is lost."""
        with self._file.transaction() as connection:
            done = connection.execute(
                "UPDATE messages SET visible_at = ?, receipt = NULL, owner = NULL"
                " WHERE id = ? AND receipt = ?",
                (self._clock() + delay, message.id, message.receipt),
            )
        return done.rowcount == 1

    def move_to_poison(self, message: TakenMessage) -> bool:
        """Move a message to its queue's poison queue, uncounted; False if the lease is lost."""
        with self._file.transaction() as connection:
            done = connection.execute(
                "UPDATE messages SET queue = ?, visible_at = ?, dequeue_count = 0,"
                " receipt = NULL, owner = NULL WHERE id = ? AND receipt = ?",
                (message.queue + POISON_SUFFIX, self._clock(), message.id, message.receipt),
            )
        return done.rowcount == 1

    def reclaim(self, owner_is_dead: Callable[[str], bool]) -> int:
        """Make the messages of dead owners visible at once; return their number."""
        with self._file.transaction() as connection:
            owners = connection.execute(
                "SELECT DISTINCT owner FROM messages WHERE owner IS NOT NULL"
            ).fetchall()
            dead = [owner for (owner,) in owners if owner_is_dead(owner)]
            taken = 0
            for owner in dead:
                taken += connection.execute(
                    "UPDATE messages SET visible_at = min(visible_at, ?), receipt = NULL,"
                    " owner = NULL WHERE owner = ?",
                    (self._clock(), owner),
                ).rowcount
        return taken

    def counts(self, queue: str) -> QueueCounts:
        """Count a queue's messages; a lease that has ended counts as waiting."""
        with self._file.connection() as connection:
            row = connection.execute(
                "SELECT count(*), coalesce(sum(receipt IS NOT NULL AND visible_at > ?), 0)"
                " FROM messages WHERE queue = ?",
                (self._clock(), queue),
            ).fetchone()
        total, running = int(row[0]), int(row[1])
        return QueueCounts(waiting=total - running, running=running)

    def close(self) -> None:
        """Close the file; no call may follow."""
        self._file.close()

    def _rows(self, messages: Texts, visible_after: float) -> list[tuple[str, str, float]]:
        check_messages(messages)
        visible_at = self._clock() + visible_after
        return [(queue, text, visible_at) for queue, text in messages]

    def _has_visible(self, queue: str) -> bool:
        """Check without the write lock, so that polling an empty queue blocks no other process."""
        with self._file.connection() as connection:
            found = connection.execute(
                "SELECT 1 FROM messages WHERE queue = ? AND visible_at <= ? LIMIT 1",
                (queue, self._clock()),
            ).fetchone()
        return found is not None
