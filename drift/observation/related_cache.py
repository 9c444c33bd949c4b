"""The cached reads of a resource and its related resources, valid until they may have changed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.codec import check_schema, decode, encode, versioned
from drift.errors import NotUnderstood
from drift.observation.observation import Observation
from drift.observation.polled import is_polled
from drift.ports import Delete, Put, Row, Store, Write
from drift.state import due_rows, keys, packing
from drift.state.keys import RowKind
from drift.state.resource_record import Record

_MOST_CHUNKS: Final = 16
"""Chunks of the cached reads of one resource, so that the row stays below 1 MiB."""

CachedReads = Mapping[str, CachedRead]


def load_cached_reads(store: Store, record: Record) -> CachedReads:
    """Return the cached reads of a resource and its related resources."""
    row = store.get(keys.partition(record.id), _key(record.id))
    return _decoded(row) if row else {}


def polled(
    cached: Iterable[str], reasons: Iterable[str], is_watched: Callable[[str], bool]
) -> frozenset[str]:
    """Return the documents that a poll reads again: those that change without an event."""
    if due_rows.POLL not in reasons:
        return frozenset()
    return frozenset(each for each in cached if is_polled(each, is_watched))


def _decoded(row: Row) -> CachedReads:
    """Return the cached reads in a row, none where another version wrote them."""
    try:
        check_schema(row.data)
        packed = packing.unpack(row.data, "memory")
        reads = packed.items() if isinstance(packed, Mapping) else ()
        return {name: decode(CachedRead, each) for name, each in reads}
    except NotUnderstood:
        return {}


def store_cached_reads(resource_id: str, observation: Observation) -> list[Write]:
    """Return the write that replaces the cached reads by those of this observation.

    Reads that it did not use are dropped, because they would grow old unnoticed. If there is too
    much for the row, documents are dropped and read again; the resource's own document is kept
    first.
    """
    if observation.properties is None:
        return []
    own = {ids.key(resource_id): observation.own} if observation.own else {}
    for each in ({**observation.asked, **own}, observation.asked):
        packed = packing.pack(encode(each), "memory")
        if each and len(packed) <= _MOST_CHUNKS:
            return [Put(_key(resource_id), versioned(packed))]
    return [Delete(_key(resource_id))]


def drop_cached_reads(resource_id: str) -> Delete:
    """Return the delete of a resource's cached reads."""
    return Delete(_key(resource_id))


def _key(resource_id: str) -> str:
    return keys.row_key(RowKind.RELATED, keys.digest(resource_id))
