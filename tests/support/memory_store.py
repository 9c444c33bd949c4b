"""A store in memory, with the limits and the etags of a real one: for tests of many thousand steps."""

import bisect
import itertools
import json
from collections import defaultdict
from collections.abc import Sequence

from adapters.store.limits import check_batch, check_key
from drift.errors import Conflict
from drift.ports import Delete, Put, Row, Write


class MemoryStore:
    """Rows as JSON text in sorted partitions."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
        self._keys: dict[str, list[str]] = defaultdict(list)
        self._etags = itertools.count(1)

    def get(self, partition: str, key: str) -> Row | None:
        check_key("row", key)
        found = self._rows[partition].get(key)
        return Row(key, json.loads(found[0]), found[1]) if found else None

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        keys, rows = self._keys[partition], self._rows[partition]
        start, stop = bisect.bisect_left(keys, first), bisect.bisect_left(keys, end)
        chosen = keys[start : min(stop, start + limit)]
        return [Row(key, json.loads(rows[key][0]), rows[key][1]) for key in chosen]

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        texts = check_batch(partition, writes)
        rows = self._rows[partition]
        for write in writes:
            there = rows.get(write.key)
            allowed = {"*": True, "": there is None}
            if not allowed.get(write.etag, there is not None and there[1] == write.etag):
                raise Conflict(f"{partition}|{write.key} changed since it was read")
        for write, text in zip(writes, texts, strict=True):
            self._write(partition, write, text)

    def close(self) -> None:
        """Do nothing: there is no file."""

    def _write(self, partition: str, write: Write, text: str) -> None:
        rows, keys = self._rows[partition], self._keys[partition]
        if isinstance(write, Delete):
            if rows.pop(write.key, None):
                keys.remove(write.key)
        elif isinstance(write, Put):
            if write.key not in rows:
                bisect.insort(keys, write.key)
            rows[write.key] = (text, str(next(self._etags)))
