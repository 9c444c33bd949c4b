"""The ``uses`` rows, which say on which documents a verdict is based: delete those that are outdated."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.changes.dependents import uses_key
from drift.changes.evaluate import store_record
from drift.codec import text_in, time_in
from drift.errors import Conflict, NotUnderstood
from drift.ports import Delete, Row, Store, Write
from drift.queues.messages import ForgetMessage
from drift.queues.outbound import Outbound
from drift.retention.cleanup import Cleanup
from drift.state import keys
from drift.state.resource_record import Record, load_record
from drift.state.update import retry_on_conflict

_SETTLED: Final = timedelta(days=1)
"""A row that was written later may belong to an evaluation that is not stored yet."""

_MOST: Final = 50
"""How many rows one message deletes; the next message deletes the rest."""


def on_forget(store: Store, message: ForgetMessage) -> Outbound:
    """Delete the rows of a deleted resource; if it is being read now, its due row repeats this."""
    return retry_on_conflict(message.resource, lambda: _forget(store, message))


def _forget(store: Store, message: ForgetMessage) -> Outbound:
    """Delete the rows of one page of documents; raise Conflict.

    The record is written between reading the rows and deleting them. So an evaluation that began
    earlier cannot store its verdict. An evaluation that begins later writes the row again, and then
    the delete fails.
    """
    stored = load_record(store, message.resource)
    record = stored.record
    if record.reader:
        return Outbound()
    going = tuple(each for each in record.leaving if each not in record.documents)
    rows = _rows(store, record.id, going[:_MOST])
    if rows:
        store_record(store, stored, [])
        for document, row in rows:
            _delete(store, keys.partition(document), row)
        stored = load_record(store, record.id)
    done = {*going[:_MOST], *record.documents}
    left = tuple(each for each in stored.record.leaving if each not in done)
    spent: list[Write] = [Delete(message.due)] if message.due and not left else []
    if stored.record.leaving != left:
        store_record(store, replace(stored, record=replace(stored.record, leaving=left)), spent)
    else:
        store.commit(keys.partition(record.id), spent)
    return Outbound(background=(message.text,)) if left else Outbound()


def _rows(store: Store, resource: str, documents: Iterable[str]) -> list[tuple[str, Row]]:
    found = (
        (each, store.get(keys.partition(each), uses_key(each, resource))) for each in documents
    )
    return [(document, row) for document, row in found if row]


def _delete(store: Store, shard: str, row: Row) -> None:
    """Delete a ``uses`` row, unless an evaluation has written it again."""
    with suppress(Conflict):
        store.commit(shard, [Delete(row.key, row.etag)])


def drop_unused(cleanup: Cleanup, shard: str, row: Row) -> bool:
    """Delete a ``uses`` row on which no verdict is based any more, such as a row that a crash left behind."""
    try:
        is_unused = _is_unused(cleanup.store, row, cleanup.clock())
    except NotUnderstood:  # the version that wrote it knows
        return True
    if is_unused:
        _delete(cleanup.store, shard, row)
    return True


def _is_unused(store: Store, row: Row, now: datetime) -> bool:
    """Tell whether no verdict is based on the document of a row, not even one that is being stored now."""
    resource, document = text_in(row.data, "resource"), text_in(row.data, "document")
    noted = time_in(row.data, "at") if row.data.get("at") else None
    if noted and now - noted < _SETTLED:
        return False
    record = load_record(store, resource).record
    return _is_settled(record) and document not in record.documents


def _is_settled(record: Record) -> bool:
    """Tell whether the last evaluation read all documents on which the verdicts are based."""
    unknown = any(each.unknown_since for each in record.controls.values())
    return not (record.reader or record.failing or unknown or record.wanted > record.served)
