"""The pages of a first scan: the first few failures page alone, one page stands for all others."""

from collections.abc import Iterator
from typing import Final

from drift import ids
from drift.codec import check_schema, versioned
from drift.errors import NotUnderstood
from drift.ports import Delete, Put, Row, Store
from drift.state import keys, paging
from drift.state.keys import RowKind

AT_MOST: Final = 5
"""Failures of one first scan that page alone. Ours: one wakes the engineer, thirty hide each other."""

_MOST_WRITES: Final = 100
_ALONE: Final = "alone"
_TOGETHER: Final = "together"


def may_page_alone(store: Store, resource_id: str) -> bool:
    """Tell whether fewer failures than AT_MOST have paged in the first scan of this subscription."""
    left, below = AT_MOST, keys.below(RowKind.PAGED, _of(resource_id), _ALONE)
    for shard in keys.PARTITIONS:
        left -= len(store.range(shard, *below, left))
        if left <= 0:
            return False
    return True


def note(resource_id: str, control_id: str, channels: tuple[str, ...], *, alone: bool) -> Put:
    """Return the write that notes how these channels page about a failure, for its own partition."""
    how = _ALONE if alone else _TOGETHER
    key = keys.row_key(RowKind.PAGED, _of(resource_id), how, keys.digest(resource_id), control_id)
    data = {"resource": resource_id, "control": control_id, "channels": list(channels)}
    return Put(key, versioned(data))


def paged_together(store: Store, subscription: str) -> Iterator[Row]:
    """Yield the row of each failure that did not page alone."""
    for shard in keys.PARTITIONS:
        below = keys.below(RowKind.PAGED, keys.digest(subscription), _TOGETHER)
        yield from paging.all_rows(store, shard, *below)


def forget(store: Store, subscription: str) -> None:
    """Delete what this version has noted about a subscription's first scan; raise StoreUnavailable."""
    below = keys.below(RowKind.PAGED, keys.digest(subscription))
    for shard in keys.PARTITIONS:
        rows = [each for each in paging.all_rows(store, shard, *below) if _is_understood(each)]
        for at in range(0, len(rows), _MOST_WRITES):
            store.commit(shard, [Delete(each.key) for each in rows[at : at + _MOST_WRITES]])


def _is_understood(row: Row) -> bool:
    """Tell whether this version understands a row; that of another one waits for its version."""
    try:
        check_schema(row.data)
    except NotUnderstood:
        return False
    return True


def _of(resource_id: str) -> str:
    return keys.digest(ids.subscription_of(resource_id))
