"""Update an incident without a new read: its actor, the actor's other writes, who used the resource."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.controls.result import ControlResult
from drift.estate import Scope
from drift.incidents.attribution import settled
from drift.incidents.decision import DecisionContext
from drift.incidents.transition_log import trace_enriched
from drift.model import Control, Outcome, Verdict
from drift.notices import Change, Closure
from drift.outbox.append import append
from drift.outbox.entry import Moment
from drift.ports import Store, Write
from drift.queues.outbound import Outbound
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.incident_record import Incident, incident_put, load_incident
from drift.state.resource_record import Record, StoredRecord

_OUTCOMES: Final = {
    None: Outcome.FAIL,
    Closure.FIXED: Outcome.PASS,
    Closure.EXCEPTED: Outcome.EXCEPTED,
    Closure.NO_LONGER_REQUIRED: Outcome.NOT_APPLICABLE,
}


def open_incidents(store: Store, record: Record) -> dict[str, Incident]:
    """Return the incidents of a resource that are open, by the id of their control."""
    found = {
        control_id: load_incident(store, record.id, control_id, state.number)
        for control_id, state in record.controls.items()
        if state.open
    }
    return {control_id: each for control_id, each in found.items() if each}


def enrich(
    store: Store,
    context: DecisionContext,
    stored: StoredRecord,
    incidents: Iterable[Incident],
    *,
    now: datetime,
    reason: str,
    done: Sequence[Write] = (),
) -> Outbound:
    """Store one update of each incident and its sequence in the record, as one batch.

    ``reason`` says in the log what has become known; ``done`` are further writes of the batch. Raise
    Conflict where the record has changed since it was read.
    """
    writes: list[Write] = [*done]
    total, states = Outbound(), dict(stored.record.controls)
    enriched: list[Incident] = []
    settle = timedelta(seconds=context.timing.settle_seconds)
    for each in incidents:
        proven = settled(each, now, settle) if each.closure is None else each
        incident = replace(proven, sequence=each.sequence + 1, differences=())
        judged = _as_judged(context.control(each.control_id, each.resource_id), incident)
        moment = _moment(stored, incident, now)
        before = load_incident(store, stored.record.id, each.control_id, each.number)
        entry = append(
            context.app, incident, judged, change=Change.UPDATED, moment=moment, before=before
        )
        writes += entry.writes
        total += entry.outbound
        enriched.append(incident)
        state = states.get(each.control_id)
        if state and state.number == each.number:
            states[each.control_id] = replace(state, sequence=incident.sequence)
    record = replace(stored.record, controls=states)
    writes.append(replace(stored, record=record).put())
    store.commit(keys.partition(record.id), one_write_per_key(writes))
    trace_enriched(record.id, enriched, reason)
    return total


def store_unreported(
    store: Store, stored: StoredRecord, incident: Incident, *, done: Sequence[Write] = ()
) -> None:
    """Store an incident without an update, as one batch; raise Conflict.

    The record is written too, so that a decision of another process is not overwritten.
    """
    lock = [stored.put()] if stored.etag else []
    writes = [*done, incident_put(incident), *lock]
    store.commit(keys.partition(incident.resource_id), one_write_per_key(writes))


def _moment(stored: StoredRecord, incident: Incident, now: datetime) -> Moment:
    """Return when the resource was last read: this report is not based on a new read."""
    read_at = stored.record.documents.get(ids.key(stored.record.id))
    return Moment(
        read_at=bounds.later(read_at, MARGIN) if read_at else incident.opened_at,
        decided_at=now,
        event_id=incident.event_id,
        event_at=incident.event_at,
    ).of(incident.last_writer)


def _as_judged(control: Control, incident: Incident) -> ControlResult:
    """Return the verdict of an incident: the failure, or the verdict that ended it."""
    outcome = _OUTCOMES.get(incident.closure, Outcome.UNKNOWN)
    verdict = Verdict(outcome, incident.reason, incident.evidence, incident.severity)
    scope = Scope(incident.phi, incident.phi_reason)
    return ControlResult(control, verdict, incident.severity, scope)
