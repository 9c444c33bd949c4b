"""Every row of a range, page by page."""

from collections.abc import Iterator
from typing import Final

from drift.ports import Row, Store

PAGE: Final = 200
"""Rows of one page."""


def all_rows(store: Store, partition: str, first: str, end: str) -> Iterator[Row]:
    """Yield the rows with first <= key < end, however many there are."""
    while rows := store.range(partition, first, end, PAGE):
        yield from rows
        if len(rows) < PAGE:
            return
        first = key_after(rows[-1].key)


def key_after(key: str) -> str:
    """Return the first key that can come after this one."""
    return f"{key} "
