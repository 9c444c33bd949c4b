"""One SQLite file shared by threads and processes: durable transactions, a connection a thread."""

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.per_thread import PerThread
from adapters.sqlite_errors import FileFault, FileUnavailable, fault_of, is_contended

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for its turn before SQLite says that the database is locked."""

_PAUSE_SECONDS: Final = 0.02

Unavailable = Callable[[FileFault], Exception]
"""Makes the error that a file which cannot be used raises; FileUnavailable, for the state's."""


class SqliteFile:
    """A file whose commits survive kill -9 and power loss (write-ahead log, synchronous=FULL).

    A file that is locked, full, damaged or missing raises what ``unavailable`` makes of it, and
    nothing was written. ``busy_seconds`` is how long a caller waits for a lock. A file that is
    ``read_only`` is opened as it is.
    """

    def __init__(
        self,
        path: Path | str,
        schema: str,
        *,
        unavailable: Unavailable = FileUnavailable,
        busy_seconds: float = BUSY_SECONDS,
        read_only: bool = False,
    ) -> None:
        self._path = Path(path)
        self._schema = schema
        self._unavailable = unavailable
        self._busy_seconds = busy_seconds
        self._read_only = read_only
        # Threads take turns here: SQLite lets them wait in sleeps that grow to a tenth of a second.
        self._turn = threading.Lock()
        self._connections = PerThread(self._opened)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Hand out this thread's own connection, opened on first use."""
        with self._translated(sqlite3.Error, OSError):
            connection = self._connections.get()
        with self._translated(sqlite3.Error):
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing; the lock is taken at once: no reader turns writer midway."""
        with self.connection() as connection, self._turn:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _translated(self, *kinds: type[sqlite3.Error | OSError]) -> Iterator[None]:
        try:
            yield
        except kinds as error:
            fault = fault_of(error, self._path)
            if fault is None:
                raise
            raise self._unavailable(fault) from error

    def close(self) -> None:
        """Close every thread's connection; no thread may be using its own any more."""
        self._connections.close()

    def _opened(self) -> sqlite3.Connection:
        if self._path.is_dir():  # SQLite would say no more than that it cannot open it
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if self._read_only:
            return self._connected(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
        # The folder holds configuration and incidents: other users may not read it.
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = self._connected(self._path)
        try:
            _use_write_ahead_log(connection, self._busy_seconds)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone stops at the drive
            with self._turn:
                connection.executescript(f"BEGIN IMMEDIATE; {self._schema} COMMIT;")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self, place: Path | str, *, uri: bool = False) -> sqlite3.Connection:
        return sqlite3.connect(
            place,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            uri=uri,
        )


def _use_write_ahead_log(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch the journal; SQLite does not wait its turn here when two processes open a new file."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            # A folder that cannot be written or a full disk is no better a moment later.
            if not is_contended(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
