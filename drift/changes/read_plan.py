"""Decide what an evaluation reads: everything that is suspected, or only the documents that are owed."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from drift.changes.confirmation import documents_to_confirm
from drift.config.model import Timing
from drift.state.due_rows import QUICK, RECOVER, SETTLE
from drift.state.resource_record import Record


class ReadPurpose(enum.StrEnum):
    """Why a resource is read; a log line shows it."""

    FIRST = "an event or a due row asks for the resource"
    CONFIRMATION = "every replica has caught up: what is owed is read once more"
    QUICK = "the named document showed nothing new: it alone is read again"


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What an evaluation reads: these documents, and the rest as it is remembered.

    In a first read the resource's own document and all that events have named are read as well.
    """

    purpose: ReadPurpose
    documents: frozenset[str]

    @property
    def is_first(self) -> bool:
        """Tell whether the resource's own document is read, even where it is remembered."""
        return self.purpose is ReadPurpose.FIRST


def plan_read(record: Record, reasons: Iterable[str], now: datetime, timing: Timing) -> ReadPlan:
    """Return what an evaluation for these reasons reads; new events always ask for a first read."""
    asked = frozenset(reasons)
    documents: frozenset[str] = frozenset()
    if SETTLE in asked:
        documents |= documents_to_confirm(record, now, timing)
    if QUICK in asked:
        documents |= frozenset(record.quick)
    return ReadPlan(_purpose(record, asked), documents)


def _purpose(record: Record, asked: frozenset[str]) -> ReadPurpose:
    has_new_events = record.wanted > record.served
    if has_new_events or record.gone_at or not asked or asked - {SETTLE, QUICK, RECOVER}:
        return ReadPurpose.FIRST
    if RECOVER in asked and not asked & {SETTLE, QUICK}:
        return ReadPurpose.FIRST
    return ReadPurpose.CONFIRMATION if SETTLE in asked else ReadPurpose.QUICK
