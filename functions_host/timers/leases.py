"""The process that runs each timer: one row a timer, beside the queues, so that hosts take turns."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.sqlite_errors import queues_unavailable
from adapters.sqlite_file import SqliteFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS timers (
    name TEXT PRIMARY KEY,
    last REAL NOT NULL,
    owner TEXT,
    held_until REAL NOT NULL DEFAULT 0
);
"""


class TimerClaims:
    """The last start of each timer, and the process that runs it now."""

    def __init__(
        self,
        path: Path,
        *,
        owner: str,
        lease_seconds: float,
        is_dead: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = SqliteFile(path, _SCHEMA, unavailable=queues_unavailable)
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._is_dead = is_dead
        self._clock = clock

    def last(self, name: str) -> datetime:
        """Return when a timer last began; one never seen, or begun in the future, counts as begun now."""
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO timers (name, last) VALUES (?, ?)", (name, self._clock())
            )
            row = connection.execute("SELECT last FROM timers WHERE name = ?", (name,)).fetchone()
        return datetime.fromtimestamp(min(row[0], self._clock()), UTC)

    def claim(self, name: str, due: datetime) -> bool:
        """Take a timer that was due; False if that run was taken, or the one before goes on."""
        now = self._clock()
        with self._file.transaction() as connection:
            last, owner, held_until = connection.execute(
                "SELECT last, owner, held_until FROM timers WHERE name = ?", (name,)
            ).fetchone()
            is_held = owner is not None and held_until > now and not self._is_dead(owner)
            is_taken = due.timestamp() <= last <= now  # later: the clock was ahead then
            if is_held or is_taken:
                return False
            connection.execute(
                "UPDATE timers SET last = ?, owner = ?, held_until = ? WHERE name = ?",
                (now, self._owner, now + self._lease_seconds, name),
            )
        return True

    def renew(self, name: str) -> None:
        """Extend the claim on a timer by a whole lease."""
        with self._file.transaction() as connection:
            connection.execute(
                "UPDATE timers SET held_until = ? WHERE name = ? AND owner = ?",
                (self._clock() + self._lease_seconds, name, self._owner),
            )

    def release(self, name: str) -> None:
        """Record that the run has ended."""
        with self._file.transaction() as connection:
            connection.execute(
                "UPDATE timers SET owner = NULL WHERE name = ? AND owner = ?", (name, self._owner)
            )

    def close(self) -> None:
        """Close the file."""
        self._file.close()
