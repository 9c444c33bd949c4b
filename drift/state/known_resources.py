"""The resource inventory: which resources of a subscription are known, and which sweep listed each last.

A resource whose deletion no event reported is missing from the next sweep, and is then evaluated.
"""

import math
from collections.abc import Iterator
from typing import Any

from drift import ids
from drift.arm.listing import is_listed
from drift.codec import number_in, text_in, versioned
from drift.errors import NotUnderstood
from drift.ports import Delete, Put, Row, Store, Write
from drift.state import keys, paging
from drift.state.keys import RowKind
from drift.state.resource_record import Record


def known_row(resource_id: str, run: int) -> Put:
    """Return the write that records which sweep has seen a resource last; 0: none so far."""
    return Put(_key(resource_id), versioned({"resource": resource_id, "run": run}))


def forget_row(resource_id: str) -> Delete:
    """Return the write that forgets a resource."""
    return Delete(_key(resource_id))


def known_rows_after(record: Record, *, seen: bool, deleted: bool) -> list[Write]:
    """Return the writes after a read: a resource is known from its first read until it is deleted."""
    if not is_listed(ids.type_of(record.id)):
        return []
    if deleted:
        return [forget_row(record.id)]
    return [known_row(record.id, 0)] if seen and not record.documents else []


def known_count(store: Store, subscription: str) -> int:
    """Return how many resources of a subscription are known."""
    place = keys.below(RowKind.KNOWN, keys.digest(f"/subscriptions/{subscription}"))
    return sum(1 for shard in keys.PARTITIONS for _ in paging.all_rows(store, shard, *place))


def not_seen_in(
    store: Store, subscription: str, run: int, *, shard: str, after: str
) -> Iterator[Row]:
    """Yield the rows of a partition, after a key, of resources that this sweep has not listed."""
    first, end = keys.below(RowKind.KNOWN, keys.digest(f"/subscriptions/{subscription}"))
    begin = paging.key_after(after) if after else first
    rows: Iterator[Any] = paging.all_rows(store, shard, begin, end)
    return (row for row in rows if _last_run(row) < run)


def _last_run(row: Row) -> float:
    """Return the last sweep that listed a resource; one of another version may be any later one."""
    try:
        text_in(row.data, "resource")
        return number_in(row.data, "run")
    except NotUnderstood:
        return math.inf


def within(store: Store, whole: str) -> tuple[str, ...]:
    """Return the ids below a group or a resource that are known or have an open incident.

    Raise NotUnderstood if another version wrote one.
    """
    home = keys.digest(f"/subscriptions/{ids.subscription_of(whole)}")
    below = f"{ids.key(whole)}/"
    found = {
        ids.key(name): name
        for shard in keys.PARTITIONS
        for rows in ((RowKind.KNOWN, home), (RowKind.OPEN,))
        for row in paging.all_rows(store, shard, *keys.below(*rows))
        if ids.key(name := text_in(row.data, "resource")).startswith(below)
    }
    return tuple(found.values())


def _key(resource_id: str) -> str:
    subscription = f"/subscriptions/{ids.subscription_of(resource_id)}"
    return keys.row_key(RowKind.KNOWN, keys.digest(subscription), keys.digest(resource_id))
