"""Turn one look at a resource into everything that follows, as one atomic batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from drift import ids
from drift.changes.evaluation import Evaluation, found_by, is_deleted
from drift.changes.propagation import propagate
from drift.changes.reschedule import reschedule
from drift.controls.result import ControlResult
from drift.detector import detectors_of
from drift.estate import Scope
from drift.events import Event
from drift.incidents import activity_context
from drift.incidents.attribution import last_event
from drift.incidents.closing import DELETED, DISABLED, end_incidents, moved_ending
from drift.incidents.decide import decide
from drift.incidents.decision import (
    Decision,
    DecisionContext,
    DecisionInput,
    opened_incidents,
)
from drift.incidents.lifecycle import Transition
from drift.model import Outcome, Verdict
from drift.observation.observe import Observation
from drift.observation.related_cache import drop_cached_reads, store_cached_reads
from drift.observation.snapshot import carried_snapshot, comparable, view_of
from drift.observation.throttle_gate import dependency_of
from drift.outbox.entry import Moment
from drift.ports import Write
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, known_resources
from drift.state.batch import one_write_per_key
from drift.state.incident_record import load_incident
from drift.state.resource_record import Record, StoredRecord

T = TypeVar("T")

_NAMES: Final = timedelta(hours=1)
"""How long an event is remembered for what a read that fails may show of it later."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A batch for the resource's partition, and the messages that follow once it is stored.

    ``decisions`` are for the log.
    """

    record: Record
    writes: tuple[Write, ...]
    outbound: Outbound
    decisions: tuple[Decision, ...] = ()


def build_transaction(
    services: Services, stored: StoredRecord, evaluation: Evaluation
) -> Transaction:
    """Decide everything that follows from a look; ``held`` is the record as it stands now."""
    seen = _seen(stored, evaluation)
    evaluation = replace(
        evaluation, view=view_of({**(seen or {}), **(evaluation.observation.links or {})})
    )
    inputs = _case(services, stored, evaluation, seen)
    decisions = _rulings(services, inputs, evaluation)
    record, due = reschedule(services, stored.record, evaluation, decisions)
    touched, follow = propagate(services, stored.record, evaluation)
    record = _remembered(services, record, evaluation, decisions)
    deleted = is_deleted(services, evaluation)
    if any(each.step is Transition.UNSETTLED for each in decisions):
        seen = stored.snapshot  # what was before the fix is told when the fix is believed
    writes = [
        *due,
        *(
            [drop_cached_reads(record.id)]
            if deleted
            else store_cached_reads(record.id, evaluation.observation)
        ),
        *(write for each in decisions for write in each.writes),
        *activity_context.context_rows(services, opened_incidents(decisions)),
        *touched,
        *known_resources.known_rows_after(
            stored.record, seen=evaluation.observation.properties is not None, deleted=deleted
        ),
        StoredRecord(record, stored.etag, None if deleted else seen).put(),
    ]
    told = sum((each.entry.outbound for each in decisions if each.entry), Outbound())
    return Transaction(record, tuple(one_write_per_key(writes)), told + follow, tuple(decisions))


def _case(
    services: Services, stored: StoredRecord, evaluation: Evaluation, seen: Mapping[str, Any] | None
) -> DecisionInput:
    record, event = stored.record, last_event(evaluation.taken.pending)
    incidents = {
        control_id: load_incident(services.store, record.id, control_id, state.number)
        for control_id, state in record.controls.items()
        if state.open
    }
    return DecisionInput(
        resource_id=record.id,
        states=record.controls,
        open={name: each for name, each in incidents.items() if each},
        events=evaluation.taken.pending,
        before=stored.snapshot,
        after=comparable(stored.snapshot or {}, seen or {}, record.id, evaluation.taken.documents),
        rules_changed=bool(record.config_hash) and record.config_hash != services.facts.config_hash,
        moment=Moment(
            read_at=evaluation.observation.at,
            decided_at=services.clock(),
            event_id=event.id if event else "",
            event_at=event.at if event else None,
        ),
        began=evaluation.observation.began,
        suspects=_suspects(services, evaluation),
        doubtful=bool(evaluation.observation.failures),
        found=found_by(evaluation),
        origin=record.moved_from,
    )


def _suspects(services: Services, evaluation: Evaluation) -> tuple[Event, ...]:
    """Return the events that may have caused what this look shows.

    What was written so long before an earlier look that no replica can have been behind, it showed.
    """
    seen = evaluation.taken.documents.get(ids.key(evaluation.taken.id))
    settle = timedelta(seconds=services.config.timing.settle_seconds)
    return tuple(
        each for each in evaluation.taken.pending if seen is None or seen < each.at + settle
    )


def _seen(stored: StoredRecord, evaluation: Evaluation) -> Mapping[str, Any] | None:
    """Return the watched properties as last seen: now, or before where this look saw nothing."""
    if evaluation.observation.properties is None:
        return stored.snapshot
    return carried_snapshot(
        stored.snapshot or {},
        evaluation.observation.properties,
        stored.record.id,
        evaluation.observation.asked,
    )


def _rulings(services: Services, inputs: DecisionInput, evaluation: Evaluation) -> list[Decision]:
    context = DecisionContext.of(services)
    if is_deleted(services, evaluation):
        to = evaluation.taken.moved_to
        return end_incidents(context, inputs, inputs.states, moved_ending(to) if to else DELETED)
    results = evaluation.observation.results or _unjudged(services, inputs.resource_id, evaluation)
    judged = {each.control.id for each in results}
    others = [each for each in inputs.states if each not in judged]
    return [
        *(decide(context, inputs, each) for each in results),
        *end_incidents(context, inputs, others, DISABLED),
    ]


def _unjudged(
    services: Services, resource_id: str, evaluation: Evaluation
) -> tuple[ControlResult, ...]:
    """Return an unknown verdict of every control, for a resource that could not be read."""
    why = (
        "; ".join(str(each) for each in evaluation.observation.failures)
        or "it answers 404, which may pass"
    )
    scope = Scope(evaluation.taken.phi, "the resource cannot be read")
    return tuple(
        ControlResult(each.CONTROL, Verdict(Outcome.UNKNOWN, f"cannot be read: {why}"), None, scope)
        for each in detectors_of(services.detectors, ids.type_of(resource_id))
        if each.CONTROL.id not in services.config.disabled
    )


def _remembered(
    services: Services, record: Record, evaluation: Evaluation, decisions: Sequence[Decision]
) -> Record:
    """Return the record after the look; what only a settling read will answer stays pending."""
    observation, taken, deleted = (
        evaluation.observation,
        evaluation.taken,
        is_deleted(services, evaluation),
    )
    saw = observation.properties is not None
    done = deleted or (saw and due_rows.SETTLE not in record.due)
    states = {each.control_id: each.state for each in decisions}
    record = _with_view(record, evaluation) if saw else record
    return replace(
        record,
        served=taken.wanted,
        looked=taken.wanted if saw or deleted else record.looked,
        reader="",
        reading_until=None,
        lost=0,
        pending=_left(record.pending, _answered(services, evaluation) if done else ()),
        suspects=_left(record.suspects, taken.suspects if done else ()),
        documents={} if deleted else record.documents,
        view="" if deleted else record.view,
        phi_tag="" if deleted else record.phi_tag,
        phi_because="" if deleted else record.phi_because,
        links=None if deleted else record.links,
        moved_to="" if deleted or saw else record.moved_to,
        controls={**record.controls, **states},
        failing=_failing(record, observation, services.clock()),
        deletion=record.deletion and not (done and taken.deletion),
        gone_at=(taken.gone_at or observation.began) if observation.gone and not deleted else None,
        config_hash=_rules(services, record, decisions)
        if observation.results
        else record.config_hash,
    )


def _answered(services: Services, evaluation: Evaluation) -> tuple[Event, ...]:
    """Return the events that need not be remembered; while reads fail, one may still name a cause."""
    if not evaluation.observation.failures:
        return evaluation.taken.pending
    oldest = services.clock() - _NAMES
    return tuple(each for each in evaluation.taken.pending if each.at < oldest)


def _with_view(record: Record, evaluation: Evaluation) -> Record:
    """Return the record with what a look that saw the resource has shown."""
    observation = evaluation.observation
    return replace(
        record,
        documents=observation.documents,
        view=evaluation.view,
        phi=observation.scope.phi if observation.scope else record.phi,
        phi_tag=observation.phi.tag if observation.phi else record.phi_tag,
        phi_because=observation.phi.because if observation.phi else record.phi_because,
        links=record.links if observation.links is None else observation.links,
    )


def _rules(services: Services, record: Record, decisions: Iterable[Decision]) -> str:
    """Return the hash of the rules by which all that is open has been decided."""
    undecided = any(
        each.state.open and each.step in (Transition.UNSETTLED, Transition.CANNOT_TELL)
        for each in decisions
    )
    return record.config_hash if undecided else services.facts.config_hash


def _left(all_of: tuple[T, ...], done: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(each for each in all_of if each not in done)


def _failing(record: Record, observation: Observation, now: datetime) -> dict[str, datetime]:
    """Return since when each dependency fails; a look that saw nothing clears none of them."""
    failing = {dependency_of(each.what) for each in observation.failures}
    since = {each: record.failing.get(each, now) for each in failing}
    blind = observation.failures and observation.properties is None
    return {**record.failing, **since} if blind else since
