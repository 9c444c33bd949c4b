"""Keep messages and changes of another version that this version cannot read, and retry them.

After a rollback there are messages and rows of the newer version. None of them is acknowledged as
done: each is kept in a row of kind ``deferred`` until a version can read it, and ``health`` counts
these rows. A message also has a due row, with which ``tick`` retries it.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import check_schema, versioned
from drift.errors import Conflict, MalformedEvent, NotUnderstood
from drift.ports import Put, Row, Store
from drift.queues.messages import DeferredMessage, DoneMessage
from drift.queues.outbound import Outbound
from drift.state import keys, packing
from drift.state.due_rows import due_put
from drift.state.keys import RowKind
from drift.state.large_messages import mark_of

log: Final = logging.getLogger("drift.self_monitoring.not_understood")


def defer(
    store: Store, text: str, error: NotUnderstood, *, now: datetime, retry: timedelta
) -> None:
    """Keep a message that this version cannot handle, once, even if it comes several times.

    ``retry`` is how long it waits for the next try.
    """
    mark = mark_of(text)
    data = {"since": now.isoformat(), "reason": str(error)[:500], **packing.pack(text, "text")}
    again = due_put(DeferredMessage(mark=mark), now + retry, mark)
    try:
        store.commit(keys.partition(mark), [Put(_key(mark), versioned(data), ""), again])
    except Conflict:
        return  # it is kept already
    log.error("message %s of another version is kept for later: %s", mark[:12], error)


def on_deferred(
    store: Store, message: DeferredMessage, follow: Callable[[str], Outbound]
) -> Outbound:
    """Handle a kept message if this version can; its rows are deleted once it is handled."""
    key = _key(message.mark)
    row = store.get(keys.partition(message.mark), key)
    try:
        follow_up = follow(_text(row)) if row else Outbound()
    except NotUnderstood:
        return Outbound()  # its due row retries it
    except MalformedEvent as error:  # this version reads it, and no version can handle it
        log.error("message %s that was kept is malformed and dropped: %s", message.mark[:12], error)
        follow_up = Outbound()
    done = DoneMessage(home=message.mark, due=message.due, row_key=key)
    return follow_up + Outbound(changes=(done.text,))


def _text(row: Row) -> str:
    check_schema(row.data)
    text = packing.unpack(row.data, "text")
    if not isinstance(text, str):
        raise NotUnderstood("text", "not a text")
    return text


def change_put(
    cursor_key: str, details: Mapping[str, Any], error: NotUnderstood, *, now: datetime
) -> Put:
    """Return the row that counts a change of an incident that cannot be delivered yet.

    ``cursor_key`` is the row key of the channel's cursor, ``details`` name incident and channel.
    """
    log.error("a change by another version waits for %s: %s", details["channel"], error)
    data = {**details, "since": now.isoformat(), "reason": str(error)[:500]}
    return Put(change_key(cursor_key), versioned(data))


def change_key(cursor_key: str) -> str:
    """Return the key of the row that counts an unread change, by the key of the channel's cursor."""
    return _key(keys.digest(cursor_key))


def _key(mark: str) -> str:
    return keys.row_key(RowKind.DEFERRED, mark)
