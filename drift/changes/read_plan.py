"""Decide what an evaluation reads: every document that may have changed, or only the owed documents."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from drift.state.due_rows import QUICK, RECOVER, SETTLE
from drift.state.resource_record import Record


class ReadPurpose(enum.StrEnum):
    """Why a resource is read; a log line shows it."""

    FIRST = "an event or a due row asks for the resource"
    CONFIRMATION = "every replica has caught up: documents without proof are read once more"
    QUICK = "the named document showed nothing new: only this document is read again"


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What an evaluation reads: these documents; the others come from the cache.

    A first read also reads the resource's own document and all documents that events have named.
    """

    purpose: ReadPurpose
    documents: frozenset[str]

    @property
    def is_first(self) -> bool:
        """Tell whether the resource's own document is read, even if it is in the cache."""
        return self.purpose is ReadPurpose.FIRST


def plan_read(record: Record, reasons: Iterable[str], to_confirm: frozenset[str]) -> ReadPlan:
    """Return what an evaluation for these reasons reads; new events always ask for a first read.

    ``to_confirm`` are the documents that a confirmation reads.
    """
    asked = frozenset(reasons)
    documents: frozenset[str] = frozenset()
    if SETTLE in asked:
        documents |= to_confirm
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
