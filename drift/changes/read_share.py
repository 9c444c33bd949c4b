"""Keep all reads except first reads within their shares of the limits of ARM and a provider.

A first read may raise an alert, so it needs no share. If its share is used up, a quick re-read is
dropped; a confirmation, a retry or a poll waits, and this is not a failure.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from drift import ids
from drift.changes.confirmation import documents_to_confirm
from drift.changes.read_plan import ReadPlan, ReadPurpose, plan_read
from drift.config.model import Timing
from drift.observation.confirmation_budget import Share, part_of, reserve
from drift.ports import Store, Write
from drift.state.due_rows import ANSWERS, QUICK, RETRY, SETTLE, cancel, wake_at
from drift.state.resource_record import Record


@dataclass(frozen=True, slots=True)
class Waiting:
    """The record without the dropped quick re-reads and with the waiting reads; the rows to write.

    ``until`` is when the share allows the reads again, None if nothing waits.
    """

    record: Record
    writes: list[Write]
    until: datetime | None = None


def within_share(
    store: Store, record: Record, reasons: Collection[str], *, now: datetime, timing: Timing
) -> tuple[frozenset[str], Waiting]:
    """Return the reasons for which a resource may be read now, and how the others are handled."""
    asked = frozenset(reasons)
    plan = plan_read(record, reasons, documents_to_confirm(record, now, timing))
    if plan.is_first:
        return _within_background(store, record, asked, now)
    share = Share.QUICK if plan.purpose is ReadPurpose.QUICK else Share.CONFIRMATION
    later = reserve(store, record.id, plan.documents, share, now=now)
    if later is None:
        return asked, Waiting(record, [])
    return _without(record, asked, plan, later)


def _within_background(
    store: Store, record: Record, asked: frozenset[str], now: datetime
) -> tuple[frozenset[str], Waiting]:
    """Let a full evaluation wait for its share, unless it may be the first one after an event."""
    if asked & ANSWERS or record.wanted > record.looked or record.gone_at:
        return asked, Waiting(record, [])
    later = _reserve_full(store, record, asked, now)
    if later is None:
        return asked, Waiting(record, [])
    record, writes = cancel(record, (QUICK,))
    for reason in asked - {QUICK}:
        record, puts = wake_at(record, reason, later)
        writes = writes + puts
    return frozenset(), Waiting(replace(record, quick=(), quick_at=()), writes, later)


def _reserve_full(
    store: Store, record: Record, asked: frozenset[str], now: datetime
) -> datetime | None:
    """Take the reads of a full evaluation; return None, or when to ask again.

    A retry with owed documents is a confirmation that was refused: an event waits for it.
    """
    documents = _documents_of(record)
    if RETRY in asked and record.owed:
        return reserve(store, record.id, documents, Share.CONFIRMATION, now=now)
    part = part_of(now - min(record.documents.values(), default=now))
    return reserve(store, record.id, documents, Share.BACKGROUND, now=now, part=part)


def may_refresh(store: Store, record: Record, old: Collection[str], *, now: datetime) -> bool:
    """Tell whether an evaluation may read related documents again only because they are old.

    In a storm of events it uses the cached ones: events refresh the documents that they name, and
    the next evaluation asks again. An evaluation without an event has its own share.
    """
    if not old or record.wanted <= record.served:
        return True
    return reserve(store, record.id, old, Share.BACKGROUND, now=now) is None


def _documents_of(record: Record) -> frozenset[str]:
    """Return the documents that a full evaluation may read."""
    return frozenset({ids.key(record.id), *record.documents})


def _without(
    record: Record, asked: frozenset[str], plan: ReadPlan, later: datetime
) -> tuple[frozenset[str], Waiting]:
    record, writes = cancel(record, (QUICK,))
    record = replace(record, quick=(), quick_at=())
    if plan.purpose is not ReadPurpose.CONFIRMATION:
        return asked - {SETTLE, QUICK}, Waiting(record, writes)
    record, puts = wake_at(record, SETTLE, later)
    return asked - {SETTLE, QUICK}, Waiting(record, [*writes, *puts], later)
