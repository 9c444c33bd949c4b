"""Decide whether an event about a resource needs a read now, later, or none.

The event only says what to read; the state that ARM shows decides. An event is covered once every
document that it can have changed was read after it, and it is proved by a later read (proof.py).
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.changes.confirmation import settle_span
from drift.changes.proof import is_proved, with_owed
from drift.clock import bounds
from drift.config.model import Timing
from drift.events import Event
from drift.observation.read_estate import EVERYTHING
from drift.state import keys
from drift.state.resource_record import PENDING, SEEN, Record

MINUTE: Final = timedelta(minutes=1)


class Admission(enum.StrEnum):
    """How an event is handled."""

    DUPLICATE = "the same event came before"
    PROVED = "a read at least settle_seconds after the event has already shown its write"
    COVERED = "a read after the event may have shown its write: a confirmation read is due"
    FOLDED = "another process is reading the resource now and will read it again"
    TRAILING = (
        "too many reads in this minute, or a storm of changes: one later read answers all events"
    )
    READ = "the resource is read now"


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """A request to read: by which process, when, and how long it may hold the resource."""

    token: str
    now: datetime
    until: datetime


def admit(
    record: Record, event: Event, reads: LeaseRequest, timing: Timing
) -> tuple[Admission, Record]:
    """Return how to handle an event, and the record that stores it."""
    if is_repeated(record, event):
        return _repeated(record, reads)
    record = replace(record, seen=(*record.seen, _mark(event))[-SEEN:])
    if is_proved(record, event.subject, event.at, settle_span(timing)):
        return Admission.PROVED, record
    record = with_owed_event(record, event)
    if is_covered(record, event):
        return Admission.COVERED, record
    record = replace(record, wanted=record.wanted + 1)
    if is_leased(record, reads.now):
        return Admission.FOLDED, record
    if next_read(record, reads.now, timing) > reads.now:
        return Admission.TRAILING, record
    return Admission.READ, count_read(take_lease(record, reads), reads.now)


def is_repeated(record: Record, event: Event) -> bool:
    """Tell whether the same event, by id and time, was admitted before."""
    return _mark(event) in record.seen


def _mark(event: Event) -> str:
    return keys.digest(f"{event.id}@{bounds.in_utc(event.at).isoformat()}")[:16]


def _repeated(record: Record, reads: LeaseRequest) -> tuple[Admission, Record]:
    """Continue for a reader that died; otherwise an exact duplicate reads nothing."""
    died = record.reader and record.wanted > record.served and not is_leased(record, reads.now)
    return (Admission.READ, take_lease(record, reads)) if died else (Admission.DUPLICATE, record)


def with_owed_event(record: Record, event: Event) -> Record:
    """Return the record with one more event to be proved; the next evaluation reads what it names anew.

    If the resource itself was deleted and exists again, all that was known of it is of the earlier one.
    """
    subject = EVERYTHING if event.deleted else ids.key(event.subject)
    suspects = tuple(dict.fromkeys((*record.suspects, subject)))
    pending = (*record.pending, event)
    return replace(
        record,
        pending=pending[-PENDING:],
        forgotten=newest_of(record.forgotten, pending[:-PENDING]),
        suspects=suspects if len(suspects) <= PENDING else (EVERYTHING,),
        deletion=event.deleted or record.deletion,
        owed=with_owed(record.owed, subject, event.at),
    )


def newest_of(forgotten: datetime | None, events: Iterable[Event]) -> datetime | None:
    """Return the time of the newest event that is no longer kept, with these events."""
    times = [each.at for each in events]
    return max([*times, forgotten]) if forgotten else max(times, default=None)


def is_leased(record: Record, now: datetime) -> bool:
    """Tell whether somebody is reading the resource right now."""
    return bool(record.reader) and record.reading_until is not None and now < record.reading_until


def is_covered(record: Record, event: Event) -> bool:
    """Tell whether every document that an event can have changed was read after the event.

    If a document's collection was never read, the document is part of the resource's own document,
    or no verdict depends on it: then the read of the resource covers it.
    """
    subject, target = ids.key(event.subject), ids.key(record.id)
    if target not in record.documents:
        return False
    return all(
        at > event.at
        for document, at in record.documents.items()
        if document == target or ids.is_shown_in(subject, document)
    )


def next_read(record: Record, now: datetime, timing: Timing) -> datetime:
    """Return when the resource may be read next: now, or a minute after the reads that used up the limit."""
    recent = _recent(record, now)
    if len(recent) < timing.reads_per_minute:
        return now
    return recent[-timing.reads_per_minute] + MINUTE


def take_lease(record: Record, reads: LeaseRequest) -> Record:
    """Return the record with the lease of the process that reads now.

    If another process still holds the record, its lease has expired: it is counted as lost.
    """
    lost = record.lost + 1 if record.reader else record.lost
    return replace(record, reader=reads.token, reading_until=reads.until, lost=lost)


def postponed(record: Record, before: Record) -> Record:
    """Return the record of an event that is read later, without the lease and the read of now."""
    return replace(
        record,
        reader=before.reader,
        reading_until=before.reading_until,
        lost=before.lost,
        reads=before.reads,
    )


def count_read(record: Record, now: datetime) -> Record:
    """Return the record with one more read counted against the limit per minute."""
    return replace(record, reads=(*_recent(record, now), now))


def _recent(record: Record, now: datetime) -> tuple[datetime, ...]:
    """Return the reads of the last minute; a future one was written while the clock was ahead."""
    return tuple(at for at in record.reads if abs(now - at) < MINUTE)
