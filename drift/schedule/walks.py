"""Walk over rows of some kinds in all partitions, a part at a time, from where the last part ended."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import text_in, versioned
from drift.errors import Conflict, NotUnderstood
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import ConfigMessage
from drift.queues.outbound import Outbound, of_row
from drift.queues.own_message import RowMessage
from drift.state import keys, paging
from drift.state.due_rows import due_put, enqueued_put, find_row
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict

log: Final = logging.getLogger("drift.schedule.walks")

_JUDGED: Final = (RowKind.OPEN, RowKind.UNKNOWN, RowKind.EXCEPTED)
"""Kinds of rows that depend on the configuration."""

_MOST: Final = 500
"""How many rows one message visits."""

_BUDGET: Final = timedelta(seconds=20)
"""How long one message visits rows; the next one continues."""


def rows_after(
    store: Store, kinds: Sequence[RowKind], shard: str, after: str
) -> Iterator[tuple[str, Row]]:
    """Yield each row of these kinds with its partition, after the row where the last part ended."""
    for each in keys.PARTITIONS:
        if each < shard:
            continue
        passed = paging.key_after(after) if each == shard and after else ""
        for kind in sorted(kinds):
            first, end = keys.below(kind)
            start = max(first, passed)
            if start < end:
                yield from ((each, row) for row in paging.all_rows(store, each, start, end))


def begin(
    store: Store, row: Row | None, key: str, data: Mapping[str, Any], *, due: Sequence[Put]
) -> bool:
    """Store the reason of a walk with its due rows; False if another tick was faster."""
    put = Put(key, versioned(data), row.etag if row else "")
    try:
        store.commit(keys.META, [put, *due])
    except Conflict:
        return False
    return True


def step_put(message: RowMessage, *names: str, now: datetime, requeue: timedelta) -> Put:
    """Return the due row of a part whose message is sent now; it repeats a lost message."""
    put = due_put(message, now + requeue, *(keys.digest(each) for each in names))
    return enqueued_put(put.key, put.data, now)


def message_of(put: Put, message: RowMessage) -> Outbound:
    """Return the message of a part, with the key of its due row."""
    return of_row(put.key, message.row)


def due_row(store: Store, message: RowMessage) -> Row | None:
    """Return the due row of a part; None where another message has done it."""
    return find_row(store, keys.META, message.due)


def end_part(store: Store, message: RowMessage, *writes: Write) -> bool:
    """End a part and store its continuation; False if another message has done so.

    ``tick`` may move the row meanwhile: then the moved row is deleted.
    """

    def end() -> bool:
        row = due_row(store, message)
        if row is None:
            return False
        store.commit(keys.META, [Delete(row.key, row.etag), *writes])
        return True

    return retry_on_conflict(message.due, end)


def visit_part(
    store: Store,
    message: ConfigMessage,
    visit: Callable[[Row], None],
    *,
    is_newest: bool,
    clock: Callable[[], datetime],
    requeue: timedelta,
) -> Outbound:
    """Visit a row of each of the next resources, and continue by another message.

    A walk for an outdated configuration ends. ``requeue`` is the time after which a lost message is
    sent again.
    """
    if due_row(store, message) is None:
        return Outbound()
    rest = _visit(store, message, visit, clock) if is_newest else None
    if rest is None:
        end_part(store, message)
        return Outbound()
    put = step_put(rest, rest.config, rest.after, now=clock(), requeue=requeue)
    return message_of(put, rest) if end_part(store, message, put) else Outbound()


def _visit(
    store: Store,
    message: ConfigMessage,
    visit: Callable[[Row], None],
    clock: Callable[[], datetime],
) -> ConfigMessage | None:
    """Visit rows; return the message that continues, None at the end."""
    seen: set[str] = set()
    until = clock() + _BUDGET
    rows = rows_after(store, _JUDGED, message.shard, message.after)
    for number, (shard, row) in enumerate(rows, start=1):
        try:
            resource_id = text_in(row.data, "resource")
            text_in(row.data, "control")
        except NotUnderstood as error:
            log.warning("a row of another version is not evaluated again: %s", error)
            resource_id = ""
        if resource_id and resource_id not in seen:
            seen.add(resource_id)
            visit(row)
        if number >= _MOST or clock() >= until:
            return replace(message, shard=shard, after=row.key)
    return None
