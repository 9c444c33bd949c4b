"""Delete the record of a deleted resource together with the last of its incidents."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from drift.codec import check_schema, decode
from drift.errors import Conflict, NotUnderstood
from drift.model import Outcome
from drift.observation.related_cache import drop_cached_reads
from drift.ports import Delete, Row, Store, Write
from drift.queues.messages import WakeMessage
from drift.retention.cleanup import Cleanup
from drift.retention.incidents import drop_standalone
from drift.state import keys, opening_numbers, packing
from drift.state.due_rows import CONFIG, due_put
from drift.state.keys import RowKind
from drift.state.resource_record import ControlState, Record

_REPEATED: Final = timedelta(days=1)
"""How long Event Grid retries an event: until then the record is needed to detect repeated events."""

_KEEPING: Final = (
    RowKind.INCIDENT,
    RowKind.OPEN,
    RowKind.OUTBOX,
    RowKind.UNKNOWN,
    RowKind.EXCEPTED,
)
"""Kinds of rows of a resource that keep its record."""


def drop_gone(cleanup: Cleanup, shard: str, row: Row) -> bool:
    """Delete old standalone notifications of a resource, and its record if it is no longer needed.

    Tell whether there was time for all of it.
    """
    record, store = _record(row), cleanup.store
    if record is None:
        return True
    own, none = keys.digest(record.id), keys.numbered(0)
    for control_id, state in record.controls.items():
        if state.asides and not drop_standalone(cleanup, shard, (own, control_id, none)):
            return False
    if record.ended_at is None and not cleanup.is_watched(record.id):
        end = due_put(WakeMessage(resource=record.id, reason=CONFIG), cleanup.clock(), own)
        store.commit(shard, [end])
    elif is_gone(record, cleanup.clock(), cleanup.oldest) and not _is_kept(store, shard, own):
        _forget(store, shard, row, record)
    return True


def _record(row: Row) -> Record | None:
    """Return the record in a row, None where another version wrote it: that one is kept."""
    try:
        check_schema(row.data)
        return decode(Record, packing.unpack(row.data, "record"))
    except NotUnderstood:
        return None


def is_gone(record: Record, now: datetime, oldest: datetime) -> bool:
    """Tell whether a record is no longer needed: no document, nothing owed, nothing due.

    The stored PHI scope is needed until its subscription has been removed since before ``oldest``.
    """
    if record.ended_at and now - record.ended_at < _REPEATED:
        return False
    is_used = (
        *(record.documents, record.owed, record.due, record.pending, record.failing, record.quick),
        *(record.reader, record.leaving, record.moved_to),
        (record.phi_tag or record.phi_because)
        and (record.ended_at is None or record.ended_at > oldest),
        *(record.deletion, record.gone_at, record.wanted > record.served),
        any(map(_is_current, record.controls.values())),
    )
    return not any(is_used)


def _is_current(state: ControlState) -> bool:
    return state.open or state.unknown_since is not None or state.outcome is Outcome.EXCEPTED


def _is_kept(store: Store, shard: str, own: str) -> bool:
    return any(store.range(shard, *keys.below(kind, own), 1) for kind in _KEEPING)


def _forget(store: Store, shard: str, row: Row, record: Record) -> None:
    """Delete a record and keep its highest opening number, unless it has changed since it was read."""
    used = [number for each in record.controls.values() for number in (each.number, each.asides)]
    with suppress(Conflict, NotUnderstood):
        writes: list[Write] = [
            Delete(row.key, row.etag),
            drop_cached_reads(record.id),
            *opening_numbers.used_rows(store, shard, max(used, default=0)),
        ]
        store.commit(shard, writes)
