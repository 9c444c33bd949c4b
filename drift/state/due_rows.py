"""Due rows: whatever must happen later is a row, written with the decision that asks for it.

The record says when something is due; its row only wakes somebody to look. So a row that was
enqueued twice, or outlived its reason, costs a look at the record and nothing else.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift import queue_messages
from drift.ports import Delete, Put, Write
from drift.state import keys as state_keys
from drift.state.resource_record import Record

RECOVER: Final = "recover"
"""Whoever was reading has not come back."""
SETTLE: Final = "settle"
"""A replica that lagged has caught up."""
TRAILING: Final = "trailing"
"""The minute of a storm is over."""
RETRY: Final = "retry"
"""A read failed."""
POLL: Final = "poll"
"""What no event reports may have changed."""
UNKNOWN: Final = "unknown"
"""A verdict has been unknown for so long that the SIEM must know."""
CONFIG: Final = "config"
"""What the operator asks for has changed."""
SWEEP: Final = "sweep"
"""The sweep has come by."""
CONTACT: Final = "contact"
"""The sweep has come by for the first time."""

MOVED: Final = "moved"
"""It may have got another id."""

SWEEPS: Final = frozenset({SWEEP, CONTACT})
"""Reasons of a look that no event asked for."""


def due_put(kind: str, at: datetime, *names: str, **details: Any) -> Put:
    """Return the write of a due row whose message is of this kind."""
    return Put(state_keys.key("due", state_keys.stamp(at), kind, *names), {"kind": kind, **details})


def wake_at(record: Record, reason: str, at: datetime) -> tuple[Record, list[Write]]:
    """Return the record that is due for this reason at this time, and the rows to write."""
    put = due_put(queue_messages.WAKE, at, state_keys.digest(record.id), reason, resource=record.id)
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
    return [
        due_put(queue_messages.WAKE, at, state_keys.digest(record.id), reason, resource=record.id)
        for reason, at in record.due.items()
    ]


def due_now(record: Record, now: datetime) -> frozenset[str]:
    """Return the reasons for which the record is due."""
    return frozenset(reason for reason, at in record.due.items() if at <= now)


REDELIVERY_DELAY: Final = timedelta(seconds=60)
"""How long a delivery may stay untold before ``tick`` asks for it: its message may be lost."""
