"""A store in memory with the limits of every other, for crash tests without disk waits."""

import json
from collections.abc import Sequence
from itertools import count

from adapters.store.limits import check_batch
from drift.errors import Conflict
from drift.ports import Put, Row, Write


class MemoryStore:
    """Implements ``drift.ports.Store`` for one thread."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, tuple[str, str]]] = {}
        self._etags = count(1)

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row, None where there is none."""
        found = self._rows.get(partition, {}).get(key)
        return Row(key, json.loads(found[0]), found[1]) if found else None

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return rows with first <= key < end, in key order, at most ``limit``."""
        rows = self._rows.get(partition, {})
        keys = sorted(key for key in rows if first <= key < end)[:limit]
        return [Row(key, json.loads(rows[key][0]), rows[key][1]) for key in keys]

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write all or nothing; raise Conflict where an etag does not match."""
        texts = check_batch(partition, writes)
        rows = self._rows.setdefault(partition, {})
        for write in writes:
            _, etag = rows.get(write.key, ("", ""))
            if write.etag not in ("*", etag):
                raise Conflict(f"{partition}|{write.key} changed since it was read")
        etag = str(next(self._etags))
        for write, text in zip(writes, texts, strict=True):
            if isinstance(write, Put):
                rows[write.key] = (text, etag)
            else:
                rows.pop(write.key, None)
