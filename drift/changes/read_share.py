"""Keep quick re-reads and confirmations within a third of what ARM and a provider allow.

First reads may alert, so the other two thirds are theirs. A quick re-read that finds its share used up
is dropped; a confirmation waits, which is no failure.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from drift.changes.read_plan import ReadPlan, ReadPurpose, plan_read
from drift.observation.confirmation_budget import reserve
from drift.ports import Write
from drift.services import Services
from drift.state.due_rows import QUICK, SETTLE, cancel, wake_at
from drift.state.resource_record import Record


@dataclass(frozen=True, slots=True)
class Waiting:
    """The record without the quick re-reads that were dropped, and with what waits; the rows to write."""

    record: Record
    writes: list[Write]


def within_share(
    services: Services, record: Record, reasons: Collection[str]
) -> tuple[frozenset[str], Waiting]:
    """Return the reasons for which a resource may be read now, and what becomes of the others."""
    asked, plan = frozenset(reasons), plan_read(record, reasons)
    if plan.is_first:
        return asked, Waiting(record, [])
    later = reserve(services, record.id, plan.documents, spare=plan.purpose is ReadPurpose.QUICK)
    if later is None:
        return asked, Waiting(record, [])
    return _without(record, asked, plan, later)


def _without(
    record: Record, asked: frozenset[str], plan: ReadPlan, later: datetime
) -> tuple[frozenset[str], Waiting]:
    record, writes = cancel(record, (QUICK,))
    record = replace(record, quick=(), quick_at=())
    if plan.purpose is ReadPurpose.CONFIRMATION:
        record, puts = wake_at(record, SETTLE, later)
        writes = writes + puts
    return asked - {SETTLE, QUICK}, Waiting(record, writes)
