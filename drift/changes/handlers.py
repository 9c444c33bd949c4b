"""One change, from the queue to the outbox: admit it, look, conclude, store, look again if asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from drift.changes import decision_log
from drift.changes.admission import (
    Admission,
    LeaseRequest,
    admit,
    is_covered,
    is_leased,
    next_read,
    settled_at,
    take_lease,
    with_pending_event,
)
from drift.changes.evaluate import (
    commit_evaluation,
    evaluate_until_served,
    lease_request,
    store_and_reload,
    store_record,
)
from drift.changes.evaluation import Evaluation
from drift.changes.event_payload import on_payload
from drift.errors import UNANSWERED, Conflict, SourceUnavailable
from drift.events import Event
from drift.incidents.late_actor import attach_actor
from drift.observation.observe import failed_observation
from drift.ports import Delete, Write
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import RECOVER, cancel, due_now, rows_of, wake_at
from drift.state.resource_record import StoredRecord, load_record

MOST_LOST: Final = 4
"""Readers in a row who may die of a resource; the next one does not try."""


def on_event(services: Services, event: Event) -> Outbound:
    """Follow up one event: read the resource now, leave it to somebody who will, or do nothing."""
    if event.payload is None:
        return _followed(services, event)
    told, answered = on_payload(services, event)
    return told if answered else told + _followed(services, replace(event, payload=None))


def _followed(services: Services, event: Event) -> Outbound:
    while True:
        stored = load_record(services.store, event.target)
        reads = lease_request(services)
        admission, record = admit(stored.record, event, reads, services.config.timing)
        try:
            if record.lost > MOST_LOST:
                return _lost_again(
                    services, replace(stored, record=with_pending_event(stored.record, event)), []
                )
            before = stored.record
            stored = _admitted(services, replace(stored, record=record), admission, reads)
        except Conflict:
            continue
        decision_log.trace_admission(event, admission, before, stored.record)
        if admission is Admission.READ:
            return evaluate_until_served(services, stored, reads, frozenset())
        # Also for one that came before: whoever died after it was noted may not have told it.
        return attach_actor(services, event) if is_covered(stored.record, event) else Outbound()


def _admitted(
    services: Services, stored: StoredRecord, admission: Admission, reads: LeaseRequest
) -> StoredRecord:
    """Store what became of an event; raise Conflict where somebody was faster."""
    record, timing = stored.record, services.config.timing
    writes: list[Write] = []
    match admission:
        case Admission.DUPLICATE:
            return stored
        case Admission.READ:
            record, writes = wake_at(record, RECOVER, reads.until)
        case Admission.TRAILING:
            record, writes = wake_at(
                record, due_rows.TRAILING, next_read(record, reads.now, timing)
            )
        case Admission.DOUBTED:
            record, writes = wake_at(record, due_rows.SETTLE, settled_at(record, reads.now, timing))
    stored = replace(stored, record=record)
    if admission is Admission.READ:  # the others write nothing more
        return store_and_reload(services, stored, writes)
    store_record(services, stored, writes)
    return stored


def on_wake(services: Services, resource_id: str, due_key: str) -> Outbound:
    """Follow up a due row: read the resource if the record still says so."""
    while True:
        stored, reads = load_record(services.store, resource_id), lease_request(services)
        spent: list[Write] = [Delete(due_key)] if due_key else []
        reasons = due_now(stored.record, reads.now)
        if not reasons:  # done already, or the clock of whoever woke us is ahead of ours
            services.store.commit(
                keys.partition(resource_id), one_write_per_key([*spent, *rows_of(stored.record)])
            )
            return Outbound()
        try:
            if is_leased(stored.record, reads.now):
                return _left_to_reader(services, stored, reasons, spent)
            record = take_lease(stored.record, reads)
            if record.lost > MOST_LOST:
                return _lost_again(services, stored, spent)
            record, writes = wake_at(record, RECOVER, reads.until)
            stored = store_and_reload(services, replace(stored, record=record), [*spent, *writes])
        except Conflict:
            continue
        return evaluate_until_served(services, stored, reads, reasons)


def _left_to_reader(
    services: Services, stored: StoredRecord, reasons: frozenset[str], spent: list[Write]
) -> Outbound:
    """Leave what is due until whoever reads the resource now is done; raise Conflict."""
    record, writes = stored.record, spent
    for reason in reasons:
        record, puts = wake_at(record, reason, record.reading_until or services.clock())
        writes = writes + puts
    store_and_reload(services, replace(stored, record=record), writes)
    decision_log.trace_due(stored.record, record)
    return Outbound()


def _lost_again(services: Services, stored: StoredRecord, spent: list[Write]) -> Outbound:
    """Count a resource that every reader dies of as one that cannot be read; raise Conflict."""
    free = replace(stored.record, reader="", reading_until=None, lost=0)
    record, writes = cancel(free, (RECOVER,))
    store_and_reload(services, replace(stored, record=record), [*spent, *writes])
    return on_poisoned(services, record.id, None)


def on_poisoned(services: Services, resource_id: str, event: Event | None) -> Outbound:
    """Count a change that crashed every time as a read that failed: unknown, and tried again.

    That it is tried again is stored first, apart: storing the rest may be what crashes.
    """
    _try_again(services, resource_id, event)
    failure = SourceUnavailable(resource_id, UNANSWERED, "GivenUp")
    while True:
        stored, now = load_record(services.store, resource_id), services.clock()
        if is_leased(stored.record, now):
            return Outbound()
        look_ = Evaluation(
            taken=stored.record, observation=failed_observation(now, failure), reasons=frozenset()
        )
        try:
            return commit_evaluation(services, stored, look_).outbound
        except Conflict:
            continue


def _try_again(services: Services, resource_id: str, event: Event | None) -> None:
    delay = timedelta(seconds=services.config.timing.retry_seconds[-1])
    while True:
        stored = load_record(services.store, resource_id)
        record = with_pending_event(stored.record, event) if event else stored.record
        record, writes = wake_at(record, due_rows.RETRY, services.clock() + delay)
        try:
            store_and_reload(services, replace(stored, record=record), writes)
        except Conflict:
            continue
        decision_log.trace_due(stored.record, record)
        return
