"""What another version of the monitor wrote, and this one cannot read: kept, counted and tried again.

A rollback meets messages and rows of the newer version that ran before. None of them is acknowledged
as done: each stands in a row of kind ``deferred`` until a version reads it, and ``health`` counts
these rows. A message has a due row as well, with which ``tick`` has it tried again.
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from drift.codec import versioned
from drift.errors import Conflict, MalformedEvent, NotUnderstood
from drift.ports import Put
from drift.queues.messages import DeferredMessage, DoneMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import keys, packing
from drift.state.due_rows import due_put
from drift.state.keys import RowKind
from drift.untrusted_json import load

log: Final = logging.getLogger("drift.self_monitoring.not_understood")

_OF_ONE_TRY: Final = ("due", "net")
"""What a message says of the row that asked for it: it changes each time that the row asks."""


def defer(services: Services, text: str, error: NotUnderstood) -> Outbound:
    """Keep a message that this version cannot follow up, once, however often it comes."""
    mark, now = _mark(text), services.clock()
    data = {"since": now.isoformat(), "reason": str(error)[:500], **packing.pack(text, "text")}
    again = due_put(
        DeferredMessage(mark=mark),
        now + timedelta(seconds=services.config.timing.requeue_seconds),
        mark,
    )
    try:
        services.store.commit(keys.partition(mark), [Put(_key(mark), versioned(data), ""), again])
    except Conflict:
        return Outbound()  # it is kept already
    log.error("message %s of another version is kept for later: %s", mark[:12], error)
    return Outbound()


def on_deferred(
    services: Services, message: DeferredMessage, follow: Callable[[Services, str], Outbound]
) -> Outbound:
    """Follow up a message that was kept, if this version can; its rows end once it is followed up."""
    key = _key(message.mark)
    row = services.store.get(keys.partition(message.mark), key)
    try:
        told = follow(services, str(packing.unpack(row.data, "text"))) if row else Outbound()
    except (NotUnderstood, MalformedEvent):
        return Outbound()  # its due row has it tried again
    done = DoneMessage(home=message.mark, due=message.due, row_key=key)
    return told + Outbound(changes=(done.text,))


def change_put(
    services: Services, cursor_key: str, details: Mapping[str, Any], error: NotUnderstood
) -> Put:
    """Return the row that counts a change of an incident that a channel cannot be told yet.

    ``cursor_key`` is the row key of the channel's cursor, ``details`` name incident and channel.
    """
    log.error("a change by another version waits for %s: %s", details["channel"], error)
    data = {**details, "since": services.clock().isoformat(), "reason": str(error)[:500]}
    return Put(change_key(cursor_key), versioned(data))


def change_key(cursor_key: str) -> str:
    """Return the key of the row that counts an unread change, by the key of the channel's cursor."""
    return _key(keys.digest(cursor_key))


def _key(mark: str) -> str:
    return keys.key(RowKind.DEFERRED, mark)


def _mark(text: str) -> str:
    """Return the hash of what a message says, the same however often its due row asks for it."""
    said = {name: item for name, item in load(text).items() if name not in _OF_ONE_TRY}
    return keys.digest(json.dumps(said, sort_keys=True))
