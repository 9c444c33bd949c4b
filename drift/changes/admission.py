"""Decide what an event about a resource asks for: a read now, one later, or none.

Current state decides, not the event: the event only says where to look. What it wrote is covered
once every document it can have changed was read after it.
"""

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.config.model import Timing
from drift.events import Event
from drift.observation.read_estate import EVERYTHING
from drift.state import keys
from drift.state.due_rows import SETTLE
from drift.state.resource_record import PENDING, SEEN, Record

MINUTE: Final = timedelta(minutes=1)


class Admission(enum.StrEnum):
    """What becomes of an event."""

    DUPLICATE = "the same event came before"
    COVERED = "everything it can have changed was read after it"
    DOUBTED = "it was, but so soon after it that a lagging replica may have answered"
    FOLDED = "whoever is reading the resource reads it once more"
    TRAILING = "one read at the end of the minute answers for all that came in it"
    READ = "read it now"


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """Who asks to read, when, and how long they may hold the resource."""

    token: str
    now: datetime
    until: datetime


def admit(
    record: Record, event: Event, reads: LeaseRequest, timing: Timing
) -> tuple[Admission, Record]:
    """Return what an event asks for, and the record that remembers it."""
    mark = keys.digest(event.id)[:16]
    if mark in record.seen:
        return _repeated(record, reads)
    record = replace(record, seen=(*record.seen, mark)[-SEEN:])
    if is_covered(record, event):
        if _is_doubted(record, event, timing):
            return Admission.DOUBTED, with_pending_event(record, event)
        return Admission.COVERED, record
    record = replace(with_pending_event(record, event), wanted=record.wanted + 1)
    if is_leased(record, reads.now):
        return Admission.FOLDED, record
    if next_read(record, reads.now, timing) > reads.now:
        return Admission.TRAILING, record
    return Admission.READ, count_read(take_lease(record, reads), reads.now)


def _repeated(record: Record, reads: LeaseRequest) -> tuple[Admission, Record]:
    """Go on for a reader who died; else an exact duplicate reads nothing."""
    died = record.reader and record.wanted > record.served and not is_leased(record, reads.now)
    return (Admission.READ, take_lease(record, reads)) if died else (Admission.DUPLICATE, record)


def with_pending_event(record: Record, event: Event) -> Record:
    """Return the record with one more event that the next look is to answer."""
    suspects = tuple(dict.fromkeys((*record.suspects, ids.key(event.subject))))
    return replace(
        record,
        pending=(*record.pending, event)[-PENDING:],
        suspects=suspects if len(suspects) <= PENDING else (EVERYTHING,),
        deletion=event.deleted or record.deletion,
    )


def is_leased(record: Record, now: datetime) -> bool:
    """Tell whether somebody is reading the resource right now."""
    return bool(record.reader) and record.reading_until is not None and now < record.reading_until


def is_covered(record: Record, event: Event) -> bool:
    """Tell whether every document an event can have changed was read after the event.

    A document in a collection that was never asked for stands inside the resource itself, or no
    verdict depends on it: then the resource's own read covers it.
    """
    covering = _covering(record, event)
    return covering is not None and covering > event.at


def _covering(record: Record, event: Event) -> datetime | None:
    """Return as of when the event would have been seen, None where nothing has been read."""
    subject, target = ids.key(event.subject), ids.key(record.id)
    if target not in record.documents:
        return None
    return min(
        at
        for document, at in record.documents.items()
        if document == target or ids.belongs_to(subject, document)
    )


def _is_doubted(record: Record, event: Event, timing: Timing) -> bool:
    """Tell whether the read that covers an event may have been answered by a replica behind it.

    It was not if so much time lies between the two. Whatever it showed that was new may be another
    event's: the replica may have known that one only.
    """
    settle, covering = timedelta(seconds=timing.settle_seconds), _covering(record, event)
    return covering is not None and covering < event.at + settle


def settled_at(record: Record, now: datetime, timing: Timing) -> datetime:
    """Return when the next read of a resource settles what its last event left in doubt."""
    settled = record.pending[-1].at + timedelta(seconds=timing.settle_seconds)
    return max(now, settled, record.due.get(SETTLE, now))


def next_read(record: Record, now: datetime, timing: Timing) -> datetime:
    """Return when the resource may be read next: now, or a minute after the reads that used it up."""
    recent = [at for at in record.reads if now - at < MINUTE]
    if len(recent) < timing.reads_per_minute:
        return now
    return recent[-timing.reads_per_minute] + MINUTE


def take_lease(record: Record, reads: LeaseRequest) -> Record:
    """Return the record held by the one who is about to read it.

    Whoever still holds it never came back.
    """
    lost = record.lost + 1 if record.reader else record.lost
    return replace(record, reader=reads.token, reading_until=reads.until, lost=lost)


def count_read(record: Record, now: datetime) -> Record:
    """Return the record with one more of the reads at once that a minute allows."""
    recent = tuple(at for at in record.reads if now - at < MINUTE)
    return replace(record, reads=(*recent, now))
