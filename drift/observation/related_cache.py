"""Store the reads of related resources for the next evaluation of a resource."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from drift.codec import check_schema, decode, encode, versioned
from drift.config.model import Timing
from drift.errors import NotUnderstood
from drift.observation.clock_skew import MARGIN
from drift.observation.observe import Observation
from drift.observation.read_estate import SILENT, CachedRead
from drift.ports import Delete, Put, Row, Write
from drift.services import Services
from drift.state import due_rows, keys, packing
from drift.state.keys import RowKind
from drift.state.resource_record import Record

_MOST_CHUNKS: Final = 16
"""Chunks of the cached reads of one resource, so that the row stays below 1 MiB."""

CachedReads = Mapping[str, CachedRead]


def load_cached_reads(services: Services, record: Record, reasons: Iterable[str]) -> CachedReads:
    """Return the cached reads of a resource, without those that this evaluation must read again.

    ``reasons`` are the due reasons of the evaluation.
    """
    row = services.store.get(keys.partition(record.id), _key(record.id))
    found = _decoded(row) if row else {}
    if due_rows.POLL in reasons:
        found = {name: each for name, each in found.items() if not name.endswith(SILENT)}
    if due_rows.SETTLE in reasons:
        settle = timedelta(seconds=services.config.timing.settle_seconds)
        found = {name: each for name, each in found.items() if _is_sure(each, record, settle)}
    return _settled(found, record, services.clock(), services.config.timing)


def _decoded(row: Row) -> CachedReads:
    """Return the cached reads in a row, none where another version wrote them."""
    try:
        check_schema(row.data)
        packed = packing.unpack(row.data, "memory")
        return {name: decode(CachedRead, each) for name, each in (packed or {}).items()}
    except NotUnderstood:
        return {}


def _is_sure(cached: CachedRead, record: Record, settle: timedelta) -> bool:
    """Tell whether a cached read is proof: final, and not from soon after a pending event.

    A replica that lags may have given an answer from within ``settle`` of an event, and a related
    resource may have been written at the time of that event.
    """
    soon = (each.at - MARGIN <= cached.at < each.at + settle for each in record.pending)
    return cached.is_final and not any(soon)


def _settled(found: CachedReads, record: Record, now: datetime, timing: Timing) -> CachedReads:
    """Leave out reads from soon after a failing read: an incident must not close by a lagging replica."""
    settle = timedelta(seconds=timing.settle_seconds)
    failed = [
        state.failed_at
        for state in record.controls.values()
        if state.open and state.failed_at and state.failed_at + settle <= now
    ]
    return {
        name: each
        for name, each in found.items()
        if not any(at < each.read < at + settle for at in failed)
    }


def store_cached_reads(resource_id: str, observation: Observation) -> list[Write]:
    """Return the write that replaces the cached reads by those of this observation.

    Reads that it did not use are dropped, since no check would refresh them. Too many reads for one
    row are not stored, and read again.
    """
    if observation.properties is None:
        return []
    packed = packing.pack(encode(observation.asked), "memory")
    fits = observation.asked and len(packed) <= _MOST_CHUNKS
    return [Put(_key(resource_id), versioned(packed)) if fits else Delete(_key(resource_id))]


def drop_cached_reads(resource_id: str) -> Delete:
    """Return the delete of a resource's cached reads."""
    return Delete(_key(resource_id))


def _key(resource_id: str) -> str:
    return keys.key(RowKind.RELATED, keys.digest(resource_id))
