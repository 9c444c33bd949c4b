"""The embedded store: Azure Tables' rows, partitions, etags and limits in one SQLite file."""

import json
import sqlite3
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from adapters.sqlite_file import BUSY_SECONDS, SqliteFile
from adapters.store.limits import check_batch, check_key
from drift.errors import Conflict
from drift.ports import Delete, Put, Row, Write

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rows (
    partition TEXT NOT NULL,
    key TEXT NOT NULL,
    data TEXT NOT NULL,
    etag TEXT NOT NULL,
    PRIMARY KEY (partition, key)
);
"""

_GET: Final = "SELECT data, etag FROM rows WHERE partition = ? AND key = ?"
_RANGE: Final = """
SELECT key, data, etag FROM rows WHERE partition = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?
"""
_UPSERT: Final = """
INSERT INTO rows (partition, key, data, etag) VALUES (:partition, :key, :data, :etag)
ON CONFLICT (partition, key) DO UPDATE SET data = excluded.data, etag = excluded.etag
"""
_INSERT: Final = """
INSERT OR IGNORE INTO rows (partition, key, data, etag) VALUES (:partition, :key, :data, :etag)
"""
_UPDATE: Final = """
UPDATE rows SET data = :data, etag = :etag
WHERE partition = :partition AND key = :key AND etag = :expected
"""
_DELETE: Final = "DELETE FROM rows WHERE partition = :partition AND key = :key"
_DELETE_MATCHING: Final = f"{_DELETE} AND etag = :expected"


class SqliteStore:
    """Implements ``drift.ports.Store`` for threads and processes of one machine.

    Raises adapters.store.limits.LimitExceeded for what Azure Tables would refuse, and StoreUnavailable
    where the file cannot be used now; either way nothing was written. With ``read_only`` the file
    must be there, and a commit raises StoreUnavailable.
    """

    def __init__(
        self, path: Path | str, *, busy_seconds: float = BUSY_SECONDS, read_only: bool = False
    ) -> None:
        self._file = SqliteFile(path, _SCHEMA, busy_seconds=busy_seconds, read_only=read_only)

    def open(self) -> None:
        """Create the file if it is missing; raise FileUnavailable if it cannot be used."""
        with self._file.connection():
            pass

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row, None where there is none."""
        check_key("partition", partition)
        check_key("row", key)
        with self._file.connection() as connection:
            found = connection.execute(_GET, (partition, key)).fetchone()
        return Row(key, json.loads(found[0]), found[1]) if found else None

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return rows with first <= key < end, in key order, at most ``limit``."""
        check_key("partition", partition)
        place = (partition, first, end, max(0, limit))
        with self._file.connection() as connection:
            found = connection.execute(_RANGE, place).fetchall()
        return [Row(key, json.loads(data), etag) for key, data, etag in found]

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write all or nothing; raise Conflict where an etag does not match."""
        rows = check_batch(partition, writes)
        if not writes:
            return
        # Never reused, unlike a counter per row: a row that is deleted and inserted again differs too.
        etag = uuid.uuid4().hex
        with self._file.transaction() as connection:
            for write, data in zip(writes, rows, strict=True):
                row = {"partition": partition, "key": write.key, "data": data, "etag": etag}
                if not _was_written(connection, write, row | {"expected": write.etag}):
                    raise Conflict(f"{partition}|{write.key} changed since it was read")

    def close(self) -> None:
        """Close every thread's connection; no call may follow."""
        self._file.close()


def _was_written(connection: sqlite3.Connection, write: Write, row: dict[str, str]) -> bool:
    """Make one write; return False if its etag does not match."""
    match write:
        case Put(etag="*"):
            done = connection.execute(_UPSERT, row)
        case Put(etag=""):
            done = connection.execute(_INSERT, row)
        case Put():
            done = connection.execute(_UPDATE, row)
        case Delete(etag="*"):
            connection.execute(_DELETE, row)
            return True
        case Delete():
            done = connection.execute(_DELETE_MATCHING, row)
    return done.rowcount == 1
