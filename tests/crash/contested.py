"""Stores in which every commit with a condition conflicts once, as if another process wrote first."""

from collections.abc import Sequence
from dataclasses import replace

from drift.ports import Delete, Put, Row, Store, Write

STALE = "W/\"datetime'2001-01-01T00%3A00%3A00.0000000Z'\""
"""An etag that no row has, in the form that Azure Tables wants."""


class Contested:
    """Refuses each commit once that asks for an etag; ``conflicts`` counts them.

    It is not the exception that is made up: the first try asks for an etag that is out of date, so
    that the store refuses all of the batch by itself.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._refused: set[tuple[str, frozenset[tuple[str, str]]]] = set()

    @property
    def conflicts(self) -> int:
        """Return how many commits were refused."""
        return len(self._refused)

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row."""
        return self._store.get(partition, key)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return the rows of a range."""
        return self._store.range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write, but not at the first try."""
        conditions = frozenset((each.key, each.etag) for each in writes if each.etag != "*")
        if not conditions or (partition, conditions) in self._refused:
            self._store.commit(partition, writes)
            return
        self._refused.add((partition, conditions))
        self._store.commit(partition, [_outdated(each) for each in writes])
        raise AssertionError("a condition that does not hold was accepted")


def _outdated(write: Write) -> Write:
    return write if write.etag == "*" else replace(write, etag=STALE)


class OnlyWriter:
    """A store with one writer, so that its keys are known here: an empty range is not queried.

    A tick queries 32 ranges, and nearly all are empty; Azurite answers a hundred queries a second.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[str, set[str]] = {}

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row."""
        return self._store.get(partition, key) if key in self._of(partition) else None

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        """Return the rows of a range."""
        if not any(first <= key < end for key in self._of(partition)):
            return ()
        return self._store.range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        """Write, and record the state."""
        self._store.commit(partition, writes)
        keys = self._keys.setdefault(partition, set())
        keys |= {each.key for each in writes if isinstance(each, Put)}
        keys -= {each.key for each in writes if isinstance(each, Delete)}

    def _of(self, partition: str) -> set[str]:
        return self._keys.get(partition, set())
