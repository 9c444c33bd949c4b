"""Turn one evaluation of a resource into all resulting writes, as one atomic batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drift import ids
from drift.changes.confirmation import settle_span
from drift.changes.decision_input import inputs_of, seen_after
from drift.changes.dependents import forget_rows
from drift.changes.evaluation import Evaluation, is_deleted
from drift.changes.propagation import propagate
from drift.changes.remember import remembered
from drift.changes.reschedule import reschedule
from drift.controls.result import ControlResult
from drift.detector import detectors_of
from drift.estate import Scope
from drift.exposure.schedule import investigation_rows
from drift.incidents import activity_context
from drift.incidents.closing import DELETED, DISABLED, end_incidents, moved_ending
from drift.incidents.decide import decide
from drift.incidents.decision import (
    Decision,
    DecisionContext,
    DecisionInput,
    changed_incidents,
    opened_incidents,
)
from drift.incidents.enrichment import open_incidents
from drift.incidents.lifecycle import Transition
from drift.model import Outcome, Verdict
from drift.observation.observation import Observation
from drift.observation.related_cache import drop_cached_reads, store_cached_reads
from drift.observation.snapshot import view_of
from drift.ports import Write
from drift.queues.outbound import Outbound, of_row
from drift.services import Services
from drift.state import known_resources
from drift.state.batch import one_write_per_key
from drift.state.resource_record import Record, StoredRecord


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
    """Decide all results of an evaluation; ``stored`` is the record as it is stored now."""
    seen = seen_after(stored, evaluation)
    evaluation = replace(
        evaluation, view=view_of({**(seen or {}), **(evaluation.observation.links or {})})
    )
    now, timing, rules = services.clock(), services.config.timing, services.facts.config_hash
    decisions = _decisions_of(services, _inputs(services, stored, evaluation, seen), evaluation)
    touched, follow = propagate(
        services.store,
        stored.record,
        evaluation,
        watched=services.watched,
        timing=timing,
        now=now,
    )
    record = remembered(
        stored.record, evaluation, decisions, config_hash=rules, timing=timing, now=now
    )
    record, due = reschedule(record, evaluation, decisions, config=services.config, now=now)
    deleted = is_deleted(evaluation, timing)
    if any(each.step is Transition.UNSETTLED for each in decisions):
        seen = stored.snapshot  # the state before the fix is reported when the fix is confirmed
    forget = forget_rows(record, now) if deleted else []
    writes = [
        *due,
        *_rows_of_reads(stored.record, evaluation.observation, deleted=deleted),
        *_rows_of_decisions(services, decisions),
        *touched,
        *forget,
        StoredRecord(record, stored.etag, None if deleted else seen).put(),
    ]
    outbound = sum((each.entry.outbound for each in decisions if each.entry), Outbound())
    follow += sum((of_row(each.key, each.data) for each in forget), Outbound())
    return Transaction(
        record, tuple(one_write_per_key(writes)), outbound + follow, tuple(decisions)
    )


def _rows_of_reads(record: Record, observation: Observation, *, deleted: bool) -> list[Write]:
    """Return the rows with the cached documents of a resource and its related resources."""
    cached = (
        [drop_cached_reads(record.id)] if deleted else store_cached_reads(record.id, observation)
    )
    is_seen = observation.properties is not None
    return [*cached, *known_resources.known_rows_after(record, seen=is_seen, deleted=deleted)]


def _rows_of_decisions(services: Services, decisions: Sequence[Decision]) -> list[Write]:
    """Return the rows of the decisions, and of the queries that follow from them."""
    return [
        *(write for each in decisions for write in each.writes),
        *activity_context.context_rows(services, opened_incidents(decisions)),
        *investigation_rows(changed_incidents(decisions), is_asked=services.can_investigate),
    ]


def _inputs(
    services: Services,
    stored: StoredRecord,
    evaluation: Evaluation,
    seen: Mapping[str, Any] | None,
) -> DecisionInput:
    return inputs_of(
        stored,
        evaluation,
        incidents=open_incidents(services.store, stored.record),
        seen=seen,
        config_hash=services.facts.config_hash,
        settle=settle_span(services.config.timing),
        now=services.clock(),
    )


def _decisions_of(
    services: Services, inputs: DecisionInput, evaluation: Evaluation
) -> list[Decision]:
    context = DecisionContext.of(services)
    if is_deleted(evaluation, services.config.timing):
        to = evaluation.taken.moved_to
        return end_incidents(context, inputs, inputs.states, moved_ending(to) if to else DELETED)
    results = evaluation.observation.results or _unknown_results(
        services, inputs.resource_id, evaluation
    )
    evaluated = {each.control.id for each in results}
    others = [
        each for each in inputs.states if each not in evaluated and services.has_control(each)
    ]
    return [
        *(decide(context, inputs, each) for each in results),
        *end_incidents(context, inputs, others, DISABLED),
    ]


def _unknown_results(
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
