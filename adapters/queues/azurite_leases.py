"""Which process of this machine holds which message of an account's queues.

Azure does not know the process: it waits for the lease to end. So the holder is recorded here, and the
messages of a dead process are returned at once.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from adapters.queues.protocol import TakenMessage
from adapters.sqlite_errors import queues_unavailable
from adapters.sqlite_file import SqliteFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS held (
    id TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    receipt TEXT NOT NULL,
    owner TEXT NOT NULL
);
"""


class MessageHolders:
    """Records in a file; a message without a record returns too, when its lease ends."""

    def __init__(self, path: Path | str) -> None:
        self._file = SqliteFile(path, _SCHEMA, unavailable=queues_unavailable)

    def add(self, messages: Sequence[TakenMessage], owner: str) -> None:
        """Record that these messages were taken."""
        rows = [(each.id, each.queue, each.receipt, owner) for each in messages]
        with self._file.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)", rows)

    def renewed(self, message_id: str, before: str, after: str) -> None:
        """Record the receipt that replaces another."""
        with self._file.transaction() as connection:
            connection.execute(
                "UPDATE held SET receipt = ? WHERE id = ? AND receipt = ?",
                (after, message_id, before),
            )

    def ended(self, message_id: str, receipt: str) -> None:
        """Delete the record of a message, unless another process holds it now."""
        with self._file.transaction() as connection:
            connection.execute(
                "DELETE FROM held WHERE id = ? AND receipt = ?", (message_id, receipt)
            )

    def of_dead_owners(self, owner_is_dead: Callable[[str], bool]) -> tuple[TakenMessage, ...]:
        """Return the messages of dead owners, without their text."""
        with self._file.connection() as connection:
            rows = connection.execute("SELECT id, queue, receipt, owner FROM held").fetchall()
        dead = {owner for owner in {row[3] for row in rows} if owner_is_dead(owner)}
        return tuple(
            TakenMessage(id_, queue, "", 0, receipt)
            for id_, queue, receipt, owner in rows
            if owner in dead
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()
