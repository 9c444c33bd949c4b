"""One SQLite file shared by threads and processes: durable transactions, a connection a thread."""

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.per_thread import PerThread

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for its turn before SQLite says that the database is locked."""

_PAUSE_SECONDS: Final = 0.02

_PRIMARY_CODE: Final = 0xFF
"""The low byte of an error code says what failed, the rest why: https://sqlite.org/rescode.html"""

_CONTENDED: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


class SqliteFile:
    """A file whose commits survive kill -9 and power loss (write-ahead log, synchronous=FULL).

    A commit that cannot be made raises sqlite3.OperationalError: nothing of it was written.
    """

    def __init__(self, path: Path | str, schema: str) -> None:
        self._path = Path(path)
        self._schema = schema
        # Threads take turns here: SQLite lets them wait in sleeps that grow to a tenth of a second.
        self._turn = threading.Lock()
        self._connections = PerThread(self._opened)

    def connection(self) -> sqlite3.Connection:
        """Return this thread's own connection, opened on first use."""
        return self._connections.get()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing; the lock is taken at once: no reader turns writer midway."""
        connection = self.connection()
        with self._turn:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close every thread's connection; no thread may be using its own any more."""
        self._connections.close()

    def _opened(self) -> sqlite3.Connection:
        if self._path.is_dir():  # SQLite would say no more than that it cannot open it
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        # The folder holds configuration and incidents: nobody else on the machine reads it.
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone stops at the drive
            with self._turn:
                connection.executescript(f"BEGIN IMMEDIATE; {self._schema} COMMIT;")
        except BaseException:
            connection.close()
            raise
        return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the journal; SQLite does not wait its turn here when two processes open a new file."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            # A folder that cannot be written or a full disk is no better a moment later.
            is_contended = error.sqlite_errorcode & _PRIMARY_CODE in _CONTENDED
            if not is_contended or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
