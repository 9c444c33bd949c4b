"""One change, from the queue to the outbox: admit it, look, conclude, store, look again if asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from drift.changes.admission import (
    Admission,
    Reads,
    admit,
    expecting,
    is_covered,
    is_held,
    next_read,
    settled_at,
    take,
)
from drift.changes.evaluate import commit, keep, kept, read, reads_of
from drift.changes.evaluation import Look
from drift.changes.event_payload import on_payload
from drift.errors import UNANSWERED, Conflict, SourceUnavailable
from drift.events import Event
from drift.incidents.late_actor import attach_actor
from drift.observation.observe import unseen
from drift.ports import Delete, Write
from drift.queues.outbound import Work
from drift.services import Parts
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import RECOVER, cancel, due_now, rows_of, wake_at
from drift.state.resource_record import Held, load

MOST_LOST: Final = 4
"""Readers in a row who may die of a resource; the next one does not try."""


def on_event(parts: Parts, event: Event) -> Work:
    """Follow up one event: read the resource now, leave it to somebody who will, or do nothing."""
    if event.payload is None:
        return _followed(parts, event)
    told, answered = on_payload(parts, event)
    return told if answered else told + _followed(parts, replace(event, payload=None))


def _followed(parts: Parts, event: Event) -> Work:
    while True:
        held = load(parts.store, event.target)
        reads = reads_of(parts)
        admission, record = admit(held.record, event, reads, parts.config.timing)
        try:
            if record.lost > MOST_LOST:
                return _lost_again(parts, replace(held, record=expecting(held.record, event)), [])
            held = _admitted(parts, replace(held, record=record), admission, reads)
        except Conflict:
            continue
        if admission is Admission.READ:
            return read(parts, held, reads, frozenset())
        # Also for one that came before: whoever died after it was noted may not have told it.
        return attach_actor(parts, event) if is_covered(held.record, event) else Work()


def _admitted(parts: Parts, held: Held, admission: Admission, reads: Reads) -> Held:
    """Store what became of an event; raise Conflict where somebody was faster."""
    record, timing = held.record, parts.config.timing
    writes: list[Write] = []
    match admission:
        case Admission.DUPLICATE:
            return held
        case Admission.READ:
            record, writes = wake_at(record, RECOVER, reads.until)
        case Admission.TRAILING:
            record, writes = wake_at(
                record, due_rows.TRAILING, next_read(record, reads.now, timing)
            )
        case Admission.DOUBTED:
            record, writes = wake_at(record, due_rows.SETTLE, settled_at(record, reads.now, timing))
    held = replace(held, record=record)
    if admission is Admission.READ:  # the others write nothing more
        return kept(parts, held, writes)
    keep(parts, held, writes)
    return held


def on_wake(parts: Parts, resource_id: str, due_key: str) -> Work:
    """Follow up a due row: read the resource if the record still says so."""
    while True:
        held, reads = load(parts.store, resource_id), reads_of(parts)
        spent: list[Write] = [Delete(due_key)] if due_key else []
        reasons = due_now(held.record, reads.now)
        if not reasons:  # done already, or the clock of whoever woke us is ahead of ours
            parts.store.commit(
                keys.partition(resource_id), one_write_per_key([*spent, *rows_of(held.record)])
            )
            return Work()
        try:
            if is_held(held.record, reads.now):
                return _left_to_reader(parts, held, reasons, spent)
            record = take(held.record, reads)
            if record.lost > MOST_LOST:
                return _lost_again(parts, held, spent)
            record, writes = wake_at(record, RECOVER, reads.until)
            held = kept(parts, replace(held, record=record), [*spent, *writes])
        except Conflict:
            continue
        return read(parts, held, reads, reasons)


def _left_to_reader(parts: Parts, held: Held, reasons: frozenset[str], spent: list[Write]) -> Work:
    """Leave what is due until whoever reads the resource now is done; raise Conflict."""
    record, writes = held.record, spent
    for reason in reasons:
        record, puts = wake_at(record, reason, record.reading_until or parts.clock())
        writes = writes + puts
    kept(parts, replace(held, record=record), writes)
    return Work()


def _lost_again(parts: Parts, held: Held, spent: list[Write]) -> Work:
    """Count a resource that every reader dies of as one that cannot be read; raise Conflict."""
    free = replace(held.record, reader="", reading_until=None, lost=0)
    record, writes = cancel(free, (RECOVER,))
    kept(parts, replace(held, record=record), [*spent, *writes])
    return given_up(parts, record.id, None)


def given_up(parts: Parts, resource_id: str, event: Event | None) -> Work:
    """Count a change that crashed every time as a read that failed: unknown, and tried again.

    That it is tried again is stored first, apart: storing the rest may be what crashes.
    """
    _try_again(parts, resource_id, event)
    failure = SourceUnavailable(resource_id, UNANSWERED, "GivenUp")
    while True:
        held, now = load(parts.store, resource_id), parts.clock()
        if is_held(held.record, now):
            return Work()
        look_ = Look(taken=held.record, sight=unseen(now, failure), reasons=frozenset())
        try:
            return commit(parts, held, look_).work
        except Conflict:
            continue


def _try_again(parts: Parts, resource_id: str, event: Event | None) -> None:
    delay = timedelta(seconds=parts.config.timing.retry_seconds[-1])
    while True:
        held = load(parts.store, resource_id)
        record = expecting(held.record, event) if event else held.record
        record, writes = wake_at(record, due_rows.RETRY, parts.clock() + delay)
        try:
            kept(parts, replace(held, record=record), writes)
        except Conflict:
            continue
        return
