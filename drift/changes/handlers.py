"""One change, from the queue to the outbox: admit it, evaluate the resource, store the result."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from drift.changes import decision_log
from drift.changes.admission import (
    Admission,
    LeaseRequest,
    admit,
    is_leased,
    next_read,
    postponed,
    take_lease,
    with_owed_event,
)
from drift.changes.confirmation import next_confirmation
from drift.changes.evaluate import (
    commit_evaluation,
    evaluate_until_served,
    lease_request,
    store_and_reload,
    store_record,
)
from drift.changes.evaluation import Evaluation
from drift.changes.event_payload import PayloadMeaning, on_payload
from drift.changes.read_share import within_share
from drift.changes.unwatched import stop_watching
from drift.errors import UNANSWERED, SourceUnavailable
from drift.events import Event
from drift.incidents.decision import DecisionContext
from drift.incidents.late_actor import attach_actor
from drift.observation.observe import failed_observation
from drift.ports import Delete, Write
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import RECOVER, SETTLE, cancel, due_now, rows_of, wake_at
from drift.state.resource_record import Record, StoredRecord, load_record
from drift.state.update import retry_on_conflict

_NAMING: Final = (Admission.PROVED, Admission.COVERED, Admission.DUPLICATE)
"""Events after which no evaluation follows that would name their actor. A duplicate may come after the death
of the process that noted the first one."""

MOST_LOST: Final = 4
"""How many readers in a row may die while they read a resource; the next one does not try."""


def on_event(services: Services, event: Event) -> Outbound:
    """Handle one event: read the resource now, leave it to a later read, or do nothing."""
    if not services.is_watched(event.target):
        return _stop_watching(services, event.target)
    if event.payload is None:
        return _followed(services, event)
    outbound, answer = on_payload(services, event)
    bare = replace(event, payload=None)
    match answer:
        case PayloadMeaning.COMPLIANT:
            return outbound
        case PayloadMeaning.CONFIRMED_LATER:
            retry_on_conflict(event.target, lambda: _owe(services, bare))
            return outbound
    return outbound + _followed(services, bare)


def _stop_watching(services: Services, resource_id: str, due_key: str = "") -> Outbound:
    context = DecisionContext.of(services)
    return stop_watching(
        services.store, context, resource_id, now=services.clock(), due_key=due_key
    )


def _owe(services: Services, event: Event) -> None:
    """Leave an event to the confirmation; raise Conflict."""
    stored = load_record(services.store, event.target)
    record = with_owed_event(stored.record, event)
    _admitted(services, replace(stored, record=record), Admission.COVERED, lease_request(services))


def _followed(services: Services, event: Event) -> Outbound:
    admitted = retry_on_conflict(event.target, lambda: _admit(services, event))
    if admitted.admission is None:
        return on_poisoned(services, event.target, None)
    before, after = admitted.before, admitted.stored.record
    decision_log.trace_admission(
        event, admitted.admission, before, after, timing=services.config.timing
    )
    if admitted.admission is Admission.READ:
        return evaluate_until_served(services, admitted.stored, admitted.reads, frozenset())
    if admitted.admission not in _NAMING:
        return Outbound()
    return attach_actor(
        services.store,
        DecisionContext.of(services),
        event,
        has_control=services.has_control,
        now=services.clock(),
    )


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A stored event; ``admission`` None: too many readers have died while they read its resource."""

    before: Record
    stored: StoredRecord
    reads: LeaseRequest
    admission: Admission | None


def _admit(services: Services, event: Event) -> _Admitted:
    """Decide how an event is handled, and store it; raise Conflict."""
    stored, reads = load_record(services.store, event.target), lease_request(services)
    admission, record = admit(stored.record, event, reads, services.config.timing)
    if record.lost > MOST_LOST:
        noted = replace(stored, record=with_owed_event(stored.record, event))
        _free(services, noted, [])
        return _Admitted(stored.record, noted, reads, None)
    if admission is Admission.READ:
        at = services.first_reads.book(event.target, reads.now)
        if at > reads.now:
            admission, record = Admission.TRAILING, postponed(record, stored.record)
            reads = replace(reads, now=at)
    admitted = _admitted(services, replace(stored, record=record), admission, reads)
    return _Admitted(stored.record, admitted, reads, admission)


def _admitted(
    services: Services, stored: StoredRecord, admission: Admission, reads: LeaseRequest
) -> StoredRecord:
    """Store how an event is handled; raise Conflict if another process was faster."""
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
        case Admission.COVERED:
            at = next_confirmation(record, timing) or reads.now
            record, writes = wake_at(record, SETTLE, max(at, reads.now))
    stored = replace(stored, record=record)
    if admission is Admission.READ:  # the others write nothing more
        return store_and_reload(services.store, stored, writes)
    store_record(services.store, stored, writes)
    return stored


def on_due_row(services: Services, resource_id: str, due_key: str, reason: str = "") -> Outbound:
    """Handle a due row: read the resource if the record still says that it is due.

    With a ``reason`` the resource is made due first, because its record could not be read at that
    time.
    """
    if not services.is_watched(resource_id):
        return _stop_watching(services, resource_id, due_key)
    if reason:
        retry_on_conflict(resource_id, lambda: _make_due(services, resource_id, reason))
    spent: list[Write] = [Delete(due_key)] if due_key else []
    taken = retry_on_conflict(resource_id, lambda: _take_due(services, resource_id, spent))
    if taken is None:
        return Outbound()
    if not taken.reasons:
        return on_poisoned(services, resource_id, None)
    return evaluate_until_served(services, taken.stored, taken.reads, frozenset(taken.reasons))


def _make_due(services: Services, resource_id: str, reason: str) -> None:
    """Make a resource due now for this reason; raise Conflict."""
    stored = load_record(services.store, resource_id)
    record, writes = wake_at(stored.record, reason, services.clock())
    store_record(services.store, replace(stored, record=record), writes)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A resource that was taken to be read; no ``reasons``: too many readers have died while they read it."""

    stored: StoredRecord
    reads: LeaseRequest
    reasons: tuple[str, ...]


def _take_due(services: Services, resource_id: str, spent: list[Write]) -> _Taken | None:
    """Take a resource that is due; return None if nothing is due, or another process reads it.

    Raise Conflict.
    """
    stored, reads = load_record(services.store, resource_id), lease_request(services)
    reasons = due_now(stored.record, reads.now)
    if (
        not reasons
    ):  # done already, or the clock of the process that sent the message is ahead of ours
        services.store.commit(
            keys.partition(resource_id), one_write_per_key([*spent, *rows_of(stored.record)])
        )
        return None
    if is_leased(stored.record, reads.now):
        _left_to_reader(services, stored, reasons, spent)
        return None
    allowed, waits = within_share(
        services.store,
        stored.record,
        reasons,
        now=services.clock(),
        timing=services.config.timing,
    )
    if not allowed:
        store_record(services.store, replace(stored, record=waits.record), [*spent, *waits.writes])
        decision_log.trace_share(waits.record, waits.until)
        decision_log.trace_due(stored.record, waits.record, services.config.timing)
        return None
    record = take_lease(waits.record, reads)
    if record.lost > MOST_LOST:
        _free(services, stored, spent)
        return _Taken(stored, reads, ())
    record, writes = wake_at(record, RECOVER, reads.until)
    stored = replace(stored, record=record)
    stored = store_and_reload(services.store, stored, [*spent, *waits.writes, *writes])
    return _Taken(stored, reads, tuple(allowed))


def _left_to_reader(
    services: Services, stored: StoredRecord, reasons: frozenset[str], spent: list[Write]
) -> None:
    """Let the due work wait until the process that reads the resource now is done; raise Conflict."""
    record, writes = stored.record, spent
    for reason in reasons:
        record, puts = wake_at(record, reason, record.reading_until or services.clock())
        writes = writes + puts
    store_record(services.store, replace(stored, record=record), writes)
    decision_log.trace_due(stored.record, record, services.config.timing)


def _free(services: Services, stored: StoredRecord, spent: list[Write]) -> None:
    """Take the resource from the last reader that died; raise Conflict."""
    free = replace(stored.record, reader="", reading_until=None, lost=0)
    record, writes = cancel(free, (RECOVER,))
    store_record(services.store, replace(stored, record=record), [*spent, *writes])


def on_poisoned(services: Services, resource_id: str, event: Event | None) -> Outbound:
    """Count a change that crashed every time as a failed read: unknown, and retried.

    The retry is stored first and separately, because storing the rest may be the cause of the
    crash.
    """
    retry_on_conflict(resource_id, lambda: _try_again(services, resource_id, event))
    failure = SourceUnavailable(resource_id, UNANSWERED, "GivenUp")

    def count() -> Outbound:
        stored, now = load_record(services.store, resource_id), services.clock()
        if is_leased(stored.record, now):
            return Outbound()
        failed = Evaluation(
            taken=stored.record, observation=failed_observation(now, failure), reasons=frozenset()
        )
        return commit_evaluation(services, stored, failed).outbound

    return retry_on_conflict(resource_id, count)


def _try_again(services: Services, resource_id: str, event: Event | None) -> None:
    delay = timedelta(seconds=services.config.timing.retry_seconds[-1])
    stored = load_record(services.store, resource_id)
    record = with_owed_event(stored.record, event) if event else stored.record
    record, writes = wake_at(record, due_rows.RETRY, services.clock() + delay)
    store_record(services.store, replace(stored, record=record), writes)
    decision_log.trace_due(stored.record, record, services.config.timing)
