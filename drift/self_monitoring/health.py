"""The monitor's own figures: what is due, what is not delivered, and what it cannot judge."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import versioned
from drift.ports import Put, Row, Store
from drift.state import held_rows, keys
from drift.state.keys import RowKind

_COUNTED: Final = 1000
"""Rows counted per partition; a larger figure is a lower bound, and the status is degraded anyway."""

_NOTED_EVERY: Final = timedelta(seconds=1)

_LAST_EVENT: Final = keys.key(RowKind.META, "last-event")


def note_event(store: Store, at: datetime) -> None:
    """Store when the last event arrived, at most once a second, so that the row is not contended."""
    row = store.get(keys.META, _LAST_EVENT)
    if row is None or at - datetime.fromisoformat(row.data["at"]) >= _NOTED_EVERY:
        store.commit(
            keys.META, [Put(_LAST_EVENT, versioned({"at": at.isoformat(timespec="seconds")}))]
        )


def health(store: Store, now: datetime) -> dict[str, Any]:
    """Return the figures of ``/api/health``; degraded: something is undelivered, unknown or blind."""
    overdue = keys.key(RowKind.DUE, keys.stamp(now))
    due = sum(1 for _ in _rows(store, "due|", overdue))
    held = _rows(store, *keys.below(RowKind.HELD))
    waiting = sum(1 for row in held if held_rows.is_counted(row.data, now))
    undelivered = waiting + _count(store, RowKind.UNDELIVERED)
    unknown = _count(store, RowKind.UNKNOWN)
    deferred = _count(store, RowKind.DEFERRED)
    blind = sorted(
        {str(row.data["dependency"]) for row in _rows(store, *keys.below(RowKind.BLIND))}
    )
    row = store.get(keys.META, _LAST_EVENT)
    degraded = bool(undelivered or unknown or blind or deferred)
    return {
        "status": "degraded" if degraded else "ok",
        "queues": {},
        "lastEvent": row.data["at"] if row else None,
        "due": due,
        "undelivered": undelivered,
        "unknown": unknown,
        "blind": blind,
        "notUnderstood": deferred,
    }


def _count(store: Store, kind: RowKind) -> int:
    return sum(1 for _ in _rows(store, *keys.below(kind)))


def _rows(store: Store, first: str, end: str) -> Iterator[Row]:
    for shard in keys.PARTITIONS:
        yield from store.range(shard, first, end, _COUNTED)
