"""Store the failures that the reads so far show, while an evaluation waits for slow lists.

So a failure is reported even if the process is killed meanwhile. Nothing else is stored: no event
is answered, nothing is proved, and no verdict becomes unknown before its lists were read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from drift.changes.confirmation import settle_span
from drift.changes.decision_input import inputs_of, seen_after
from drift.changes.evaluation import Evaluation
from drift.controls.engine import evaluate_controls
from drift.controls.result import ControlResult
from drift.detector import Detectors, detectors_of
from drift.exposure.schedule import investigation_rows
from drift.incidents import activity_context
from drift.incidents.decide import decide
from drift.incidents.decision import (
    DecisionContext,
    DecisionInput,
    changed_incidents,
    opened_incidents,
)
from drift.incidents.enrichment import open_incidents
from drift.incidents.transition_log import trace_decisions
from drift.model import Outcome
from drift.observation.observation import Observation
from drift.observation.observe import SeenSoFar
from drift.observation.read_estate import ReadEstate
from drift.observation.snapshot import snapshot
from drift.phi.resolver import LazyScopeResolver, PriorScope
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.resource_record import Record, StoredRecord, load_record
from drift.state.update import retry_on_conflict


@dataclass(slots=True)
class FirstFailures:
    """Stores the new failures of a resource that was taken to be read; ``outbound`` delivers them."""

    services: Services
    taken: Record
    reasons: frozenset[str]
    outbound: Outbound = field(default_factory=Outbound)

    def __call__(self, seen: SeenSoFar) -> None:
        """Store the failures that the reads so far show and that are not stored yet."""
        if failures := _new_failures(self.services, self.taken, seen):
            evaluation = _evaluation(self.services, self.taken, self.reasons, seen)
            self.outbound += retry_on_conflict(
                self.taken.id, lambda: _stored(self.services, evaluation, failures)
            )


def _new_failures(services: Services, record: Record, seen: SeenSoFar) -> tuple[ControlResult, ...]:
    """Return the failures without an incident, by the reads so far.

    The PHI scope is read only for these; the evaluation that follows would also read it.
    """
    watching = tuple(detectors_of(services.detectors, seen.resource.type))
    known = seen.estate.so_far()
    failing = {
        each.control.id for each in _failures(services, record, seen, watching, scopes=known)
    }
    fresh = failing - {name for name, state in record.controls.items() if state.open}
    again = tuple(each for each in watching if each.CONTROL.id in fresh)
    return tuple(_failures(services, record, seen, again, scopes=seen.estate)) if again else ()


def _failures(
    services: Services,
    record: Record,
    seen: SeenSoFar,
    detectors: Detectors,
    *,
    scopes: ReadEstate,
) -> Iterable[ControlResult]:
    """Return the failures by the reads so far; ``scopes`` decides on PHI."""
    before = PriorScope(record.phi_tag, record.phi_because)
    scoping = LazyScopeResolver(seen.resource, scopes, services.config.phi, before)
    results = evaluate_controls(
        detectors, seen.resource, seen.estate.so_far(), scoping=scoping, config=services.config
    )
    return (each for each in results if each.verdict.outcome is Outcome.FAIL)


def _evaluation(
    services: Services, taken: Record, reasons: frozenset[str], seen: SeenSoFar
) -> Evaluation:
    """Return the evaluation of the reads so far."""
    controls = [each.CONTROL for each in detectors_of(services.detectors, seen.resource.type)]
    observation = Observation(
        began=seen.estate.now,
        at=seen.at,
        own=seen.own,
        asked=dict(seen.estate.asked),
        properties=snapshot(seen.resource, seen.estate.resources, controls),
    )
    return Evaluation(taken=taken, observation=observation, reasons=reasons)


def _stored(
    services: Services, evaluation: Evaluation, failures: tuple[ControlResult, ...]
) -> Outbound:
    """Store the result of the failures as one batch; store nothing if another process has the resource.

    Raise Conflict where the record has changed.
    """
    stored = load_record(services.store, evaluation.taken.id)
    if stored.record.reader != evaluation.taken.reader:
        return Outbound()
    inputs = inputs_of(
        stored,
        evaluation,
        incidents=open_incidents(services.store, stored.record),
        seen=seen_after(stored, evaluation),
        config_hash=services.facts.config_hash,
        settle=settle_span(services.config.timing),
        now=services.clock(),
    )
    return store_failures(services, stored, inputs, failures)


def store_failures(
    services: Services,
    stored: StoredRecord,
    inputs: DecisionInput,
    failures: Iterable[ControlResult],
) -> Outbound:
    """Store only the result of failures as one batch; raise Conflict."""
    context, record = DecisionContext.of(services), stored.record
    decisions = [decide(context, inputs, each) for each in failures]
    states = {each.control_id: each.state for each in decisions}
    record = replace(record, controls={**record.controls, **states})
    writes = [
        *(write for each in decisions for write in each.writes),
        *activity_context.context_rows(services, opened_incidents(decisions)),
        *investigation_rows(changed_incidents(decisions), is_asked=services.can_investigate),
        replace(stored, record=record).put(),
    ]
    services.store.commit(keys.partition(record.id), one_write_per_key(writes))
    trace_decisions(
        record.id,
        decisions,
        timing=services.config.timing,
        event_id=inputs.moment.event_id,
        read_at=inputs.moment.read_at,
    )
    return sum((each.entry.outbound for each in decisions if each.entry), Outbound())
