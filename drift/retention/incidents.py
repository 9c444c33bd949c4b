"""Delete ended incidents after ``retention.state_days``, once every channel has every change."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import takewhile
from typing import Final

from drift.breach_clock.record import is_kept
from drift.codec import check_schema, decode, texts_in
from drift.delivery.cursor import Cursor
from drift.errors import Conflict, NotUnderstood
from drift.ports import Delete, Row, Store, Write
from drift.retention.cleanup import Cleanup
from drift.state import keys, packing
from drift.state.incident_record import Incident
from drift.state.keys import RowKind

_MOST_WRITES: Final = 100


def drop_ended(cleanup: Cleanup, shard: str, row: Row) -> bool:
    """Delete an incident that ended long ago; tell whether there was time for all of it.

    Its outbox rows are deleted first, then the cursors, and the incident last: if a process dies in
    between, the next walk still finds the rows that it needs to continue. An incident whose breach
    clock is kept stays with it.
    """
    incident = _incident(row)
    if incident is None or incident.closed_at is None or incident.closed_at > cleanup.oldest:
        return True
    names = row.key.split("|")[1:]
    clock = cleanup.store.get(shard, keys.row_key(RowKind.CLOCK, *names))
    if clock and is_kept(clock, cleanup.clock()):
        return True
    outcome = _drop_outbox(cleanup, shard, names, before=None)
    if outcome is None:
        return False
    if outcome:
        leaving = [Delete(clock.key, clock.etag)] if clock else []
        _drop_with_cursors(cleanup.store, shard, names, [Delete(row.key, row.etag), *leaving])
    return True


def _incident(row: Row) -> Incident | None:
    """Return the incident in a row, None where another version wrote it: that one is kept."""
    try:
        check_schema(row.data)
        return decode(Incident, packing.unpack(row.data, "incident"))
    except NotUnderstood:
        return None


def drop_standalone(cleanup: Cleanup, shard: str, names: Sequence[str]) -> bool:
    """Delete old notifications that belong to no incident; tell whether there was time for all of it."""
    outcome = _drop_outbox(cleanup, shard, names, before=cleanup.oldest)
    if outcome:
        _drop_with_cursors(cleanup.store, shard, names, [])
    return outcome is not None


def _drop_outbox(
    cleanup: Cleanup, shard: str, names: Sequence[str], *, before: datetime | None
) -> bool | None:
    """Delete the outbox rows that every channel has, oldest first; tell whether none is left.

    ``before``: only changes that were decided earlier. None: the time is over.
    """
    store = cleanup.store
    cursors = cursors_of(store, shard, names)
    while rows := store.range(shard, *keys.below(RowKind.OUTBOX, *names), _MOST_WRITES):
        old = list(
            takewhile(
                lambda row: (
                    _is_delivered(row, cursors) and not (before and _decided_at(row) > before)
                ),
                rows,
            )
        )
        store.commit(shard, [Delete(row.key) for row in old])
        if len(old) < len(rows):
            return False
        if cleanup.is_over:
            return None
    return True


def cursors_of(store: Store, shard: str, names: Sequence[str]) -> dict[str, Row]:
    """Return the cursor rows of an incident by channel."""
    rows = store.range(shard, *keys.below(RowKind.CURSOR, *names))
    return {row.key.rpartition("|")[2]: row for row in rows}


def _is_delivered(row: Row, cursors: Mapping[str, Row]) -> bool:
    """Tell whether every channel of a change has received it, or its delivery was given up."""
    sequence = int(row.key.rpartition("|")[2])
    try:
        channels = texts_in(row.data, "channels")
    except NotUnderstood:
        return False
    return all(_told(cursors.get(each)) >= sequence for each in channels)


def _told(cursor: Row | None) -> int:
    """Return the last change that a channel has; a cursor of another version proves nothing."""
    try:
        return decode(Cursor, cursor.data).told if cursor else 0
    except NotUnderstood:
        return 0


def _decided_at(row: Row) -> datetime:
    try:
        check_schema(row.data)
        return datetime.fromisoformat(packing.unpack(row.data, "notice")["decided_at"])
    except (NotUnderstood, KeyError, TypeError, ValueError):
        return datetime.max.replace(tzinfo=UTC)


def _drop_with_cursors(
    store: Store, shard: str, names: Sequence[str], writes: Sequence[Write]
) -> None:
    """Delete the cursors with their other rows; a row that has changed meanwhile is in use again."""
    cursors = [Delete(row.key, row.etag) for row in cursors_of(store, shard, names).values()]
    with suppress(Conflict):
        store.commit(shard, [*cursors, *writes])
