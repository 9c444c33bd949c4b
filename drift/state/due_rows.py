"""Due rows: everything that must happen later is a row, written together with the decision.

The record says when something is due; the row only causes a check of the record. So a row that was
enqueued twice, or whose reason no longer holds, costs only one read of the record.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift.codec import time_in
from drift.errors import NotUnderstood
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import WakeMessage
from drift.queues.own_message import RowMessage
from drift.state import keys as state_keys
from drift.state import paging
from drift.state.keys import RowKind
from drift.state.resource_record import Record


class DueReason(enum.StrEnum):
    """Why a resource is due; stored in its record and in the keys of its rows, never renamed."""

    RECOVER = "recover"
    SETTLE = "settle"
    QUICK = "quick"
    TRAILING = "trailing"
    RETRY = "retry"
    POLL = "poll"
    UNKNOWN = "unknown"
    CONFIG = "config"
    SWEEP = "sweep"
    CONTACT = "contact"
    MOVED = "moved"


RECOVER: Final = DueReason.RECOVER
"""The lease of a reader has expired."""
SETTLE: Final = DueReason.SETTLE
"""The confirmation: owed documents are read once every replica has caught up."""
QUICK: Final = DueReason.QUICK
"""A document that showed nothing new is read again, because most replicas are only seconds behind."""
TRAILING: Final = DueReason.TRAILING
"""The minute with too many events is over."""
RETRY: Final = DueReason.RETRY
"""A read failed."""
POLL: Final = DueReason.POLL
"""A property that no event reports may have changed."""
UNKNOWN: Final = DueReason.UNKNOWN
"""A verdict has been unknown for so long that the SIEM must be informed."""
CONFIG: Final = DueReason.CONFIG
"""The configuration has changed."""
SWEEP: Final = DueReason.SWEEP
"""The sweep has reached the resource."""
CONTACT: Final = DueReason.CONTACT
"""The first sweep has reached the resource."""
MOVED: Final = DueReason.MOVED
"""The resource may have got another id."""

SWEEPS: Final[frozenset[str]] = frozenset({SWEEP, CONTACT})
"""Reasons of an evaluation that no event asked for."""

ANSWERS: Final[frozenset[str]] = frozenset({RECOVER, TRAILING, MOVED})
"""Reasons of an evaluation that answers an event for the first time."""

CONFIRMS: Final[frozenset[str]] = frozenset({SETTLE, QUICK})
"""Reasons to read only owed documents again."""

_KNOWN: Final[frozenset[str]] = frozenset(DueReason)

_UNKNOWN_DELAY: Final = timedelta(hours=1)
"""The time between two evaluations that a reason of a newer version asks for."""


def due_put(message: RowMessage, at: datetime, *names: str) -> Put:
    """Return the write of the due row that asks for a message at a time."""
    return Put(
        state_keys.row_key(RowKind.DUE, state_keys.stamp(at), message.KIND, *names), message.row
    )


ENQUEUED: Final = "enqueued"
"""The field of a due row that says when its message was last put on a queue; messages do not have it."""


PASSED_ON: Final = "passed_on"
"""The field of a due row that says to which queue its message was passed on; messages do not have it."""

_OF_ROWS: Final = frozenset({ENQUEUED, PASSED_ON})


def message_in(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message that a due row holds, without the fields of the row itself."""
    return {name: item for name, item in data.items() if name not in _OF_ROWS}


def passed_on_put(row: Row, queue: str, at: datetime) -> Put:
    """Return the write of a due row whose message now waits in another queue."""
    return Put(row.key, {**row.data, ENQUEUED: at.isoformat(), PASSED_ON: queue}, row.etag)


def enqueued_put(key: str, data: Mapping[str, Any], at: datetime) -> Put:
    """Return the write of a due row whose message is put on a queue now."""
    return Put(key, {**data, ENQUEUED: at.isoformat()})


def enqueued_at(data: Mapping[str, Any]) -> datetime | None:
    """Return when the message of a due row was last put on a queue, None where that is not known."""
    try:
        return time_in(data, ENQUEUED)
    except NotUnderstood:
        return None


def find_row(store: Store, partition: str, key: str) -> Row | None:
    """Return the due row that a message names, even if ``tick`` has moved it on since.

    ``tick`` moves a row on while its message waits in a long queue. The names in the key must
    belong to only one message.
    """
    if row := store.get(partition, key):
        return row
    if not (names := key.split("|")[2:]):
        return None
    due = paging.all_rows(store, partition, *state_keys.below(RowKind.DUE))
    return next((row for row in due if row.key.split("|")[2:] == names), None)


def reason_in_key(key: str) -> str:
    """Return the reason in the key of a due row that wakes a resource."""
    return key.rpartition("|")[2]


def wake_at(record: Record, reason: str, at: datetime) -> tuple[Record, list[Write]]:
    """Return the record that is due for this reason at this time, and the rows to write."""
    put = _wake_put(record, reason, at)
    record, writes = cancel(record, (reason,))
    record = replace(
        record,
        due={**record.due, reason: at},
        due_keys={**record.due_keys, reason: put.key},
    )
    return record, [*(each for each in writes if each.key != put.key), put]


def cancel(record: Record, reasons: Iterable[str]) -> tuple[Record, list[Write]]:
    """Return the record no longer due for these reasons, and the rows to delete."""
    gone = set(reasons)
    deletes: list[Write] = [
        Delete(key) for reason, key in record.due_keys.items() if reason in gone
    ]
    left = {reason: at for reason, at in record.due.items() if reason not in gone}
    keys = {reason: key for reason, key in record.due_keys.items() if reason not in gone}
    return replace(record, due=left, due_keys=keys), deletes


def rows_of(record: Record) -> list[Write]:
    """Return the rows that say when the record is due, as they were written at first."""
    return [_wake_put(record, reason, at) for reason, at in record.due.items()]


def _wake_put(record: Record, reason: str, at: datetime) -> Put:
    return due_put(WakeMessage(resource=record.id), at, state_keys.digest(record.id), reason)


def due_now(record: Record, now: datetime) -> frozenset[str]:
    """Return the reasons for which the record is due."""
    return frozenset(reason for reason, at in record.due.items() if at <= now)


def of_newer_version(record: Record, now: datetime) -> dict[str, datetime]:
    """Return the reasons that this version does not know, and when each is due again.

    Only the version that added such a reason can end it: the reason stays, with an evaluation each
    hour.
    """
    later = now + _UNKNOWN_DELAY
    return {
        reason: at if at > now else later
        for reason, at in record.due.items()
        if reason not in _KNOWN
    }


REDELIVERY_DELAY: Final = timedelta(seconds=60)
"""The time after which ``tick`` asks for a delivery again: its message may be lost."""
