"""Messages that are too large for a queue: each is stored as rows, and a small message names it.

The rows and a due row are one batch, stored before the small message is queued. If a process dies
in between, nothing is lost: ``tick`` queues the small message until the large one is handled, and
then the rows are deleted.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from drift.codec import check_schema, number_in, versioned
from drift.errors import MalformedEvent
from drift.ports import Delete, Put, Store, Write
from drift.queues.messages import StoredMessage
from drift.queues.outbound import MAX_MESSAGE_BYTES, Outbound
from drift.state import keys, packing
from drift.state.due_rows import REDELIVERY_DELAY, due_put
from drift.state.keys import RowKind
from drift.untrusted_json import load

_OF_ONE_TRY: Final = ("due", "net")
"""The fields of a message that name its due row: they change each time the row is enqueued."""

_PART: Final = 200_000
"""Maximum characters of a message in one row, which holds 1 MiB even without compression."""


def mark_of(text: str) -> str:
    """Return the hash of a message's content, which is the same each time its due row is enqueued."""
    lasting = {name: item for name, item in load(text).items() if name not in _OF_ONE_TRY}
    return keys.digest(json.dumps(lasting, sort_keys=True))


def fitted(store: Store, outbound: Outbound, now: datetime) -> Outbound:
    """Return the messages with each one that is too large for a queue stored, and named by another."""
    return Outbound(
        changes=tuple(_fitted(store, each, now) for each in outbound.changes),
        deliveries=tuple(_fitted(store, each, now) for each in outbound.deliveries),
        background=tuple(_fitted(store, each, now) for each in outbound.background),
    )


def _fitted(store: Store, text: str, now: datetime) -> str:
    if len(text.encode(errors="backslashreplace")) <= MAX_MESSAGE_BYTES:
        return text
    mark = mark_of(text)
    message = StoredMessage(mark=mark)
    due = due_put(message, now + REDELIVERY_DELAY, mark)
    store.commit(keys.partition(mark), [*_rows(mark, text), due])
    return replace(message, due=due.key).text


def _rows(mark: str, text: str) -> list[Put]:
    parts = [text[at : at + _PART] for at in range(0, len(text), _PART)]
    return [
        Put(
            keys.row_key(RowKind.MESSAGE, mark, keys.numbered(number)),
            versioned({"parts": len(parts), **packing.pack(part, "text")}),
        )
        for number, part in enumerate(parts)
    ]


def stored_text(store: Store, mark: str) -> str | None:
    """Return a stored message, None where it was handled already; raise NotUnderstood."""
    rows = store.range(keys.partition(mark), *keys.below(RowKind.MESSAGE, mark))
    if not rows:
        return None
    for row in rows:
        check_schema(row.data)
    parts = rows[: number_in(rows[0].data, "parts")]
    return "".join(str(packing.unpack(row.data, "text")) for row in parts)


def on_stored(store: Store, message: StoredMessage, follow: Callable[[str], Outbound]) -> Outbound:
    """Handle a stored message; its rows are deleted once its resulting messages are on the queue."""
    text = None if message.handled else stored_text(store, message.mark)
    if text is None:
        end_stored(store, message)
        return Outbound()
    try:
        follow_up = follow(text)
    except MalformedEvent:
        end_stored(store, message)
        raise
    return follow_up + Outbound(changes=(replace(message, handled=True).text,))


def end_stored(store: Store, message: StoredMessage) -> None:
    """Delete the rows of a stored message, and the due row that asked for it."""
    shard = keys.partition(message.mark)
    rows = store.range(shard, *keys.below(RowKind.MESSAGE, message.mark))
    deletes: list[Write] = [Delete(row.key) for row in rows]
    store.commit(shard, [*deletes, *([Delete(message.due)] if message.due else [])])
