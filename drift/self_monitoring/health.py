"""What the monitor says of itself: what waits, what is not told, what it cannot judge."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import versioned
from drift.ports import Put, Row
from drift.services import Services
from drift.state import held_rows, keys
from drift.state.keys import RowKind

_COUNTED: Final = 1000
"""Rows counted per partition; a figure beyond is a lower bound, and degraded all the same."""

_NOTED_EVERY: Final = timedelta(seconds=1)

_LAST_EVENT: Final = keys.key(RowKind.META, "last-event")


def note_event(services: Services, at: datetime) -> None:
    """Remember when the last event arrived, once a second at most: else the row would be hot."""
    row = services.store.get(keys.META, _LAST_EVENT)
    if row is None or at - datetime.fromisoformat(row.data["at"]) >= _NOTED_EVERY:
        services.store.commit(
            keys.META, [Put(_LAST_EVENT, versioned({"at": at.isoformat(timespec="seconds")}))]
        )


def health(services: Services) -> dict[str, Any]:
    """Return the figures of ``/api/health``; degraded: something is untold, unknown or blind."""
    now = services.clock()
    overdue = keys.key(RowKind.DUE, keys.stamp(now))
    due = sum(1 for _ in _rows(services, "due|", overdue))
    held = _rows(services, *keys.below(RowKind.HELD))
    waiting = sum(1 for row in held if held_rows.is_counted(row.data, now))
    undelivered = waiting + _count(services, RowKind.UNDELIVERED)
    unknown = _count(services, RowKind.UNKNOWN)
    deferred = _count(services, RowKind.DEFERRED)
    blind = sorted(
        {str(row.data["dependency"]) for row in _rows(services, *keys.below(RowKind.BLIND))}
    )
    row = services.store.get(keys.META, _LAST_EVENT)
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


def _count(services: Services, kind: RowKind) -> int:
    return sum(1 for _ in _rows(services, *keys.below(kind)))


def _rows(services: Services, first: str, end: str) -> Iterator[Row]:
    for shard in keys.PARTITIONS:
        yield from services.store.range(shard, first, end, _COUNTED)
