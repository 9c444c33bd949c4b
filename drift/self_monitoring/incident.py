"""Open, update and close incidents about the monitor itself, on an id that stands for the cause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from drift.controls.engine import severity_in_scope
from drift.controls.result import ControlResult
from drift.errors import Conflict
from drift.estate import Scope
from drift.incidents.decide import decide
from drift.incidents.decision import DecisionInput
from drift.incidents.transition_log import trace_decisions
from drift.model import Control, Evidence, Outcome, Severity, Verdict
from drift.outbox.entry import Moment
from drift.ports import Write
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.incident_record import Incident, load_incident
from drift.state.resource_record import StoredRecord, load_record


@dataclass(frozen=True, slots=True)
class Report:
    """A finding of the monitor about itself."""

    verdict: Verdict
    scope: Scope


Look = Callable[[], Report | None]
"""Return the present state; None where it is not known, so that nothing changes."""


def publish(
    services: Services, subject: str, control: Control, look: Look, *, done: Sequence[Write] = ()
) -> Outbound:
    """Compare the present state with the record, store what follows, return what to deliver.

    It looks after it has read the record, and always writes the record: of two processes that look at
    the same time one must look again, so none decides by an old state. ``done`` deletes the rows that
    asked for it.
    """
    while True:
        stored = load_record(services.store, subject)
        report = look()
        if report is None:
            services.store.commit(keys.partition(subject), list(done))
            return Outbound()
        current = _current(services, stored, control.id)
        result = _judgement(services, control, report, current)
        decision = decide(services, _case(services, stored, current), result)
        states = {**stored.record.controls, control.id: decision.state}
        record = replace(stored, record=replace(stored.record, controls=states), snapshot=None)
        try:
            writes = one_write_per_key([*decision.writes, record.put(), *done])
            services.store.commit(keys.partition(subject), writes)
        except Conflict:
            continue
        trace_decisions(services, subject, [decision], event_id="", read_at=None)
        return decision.entry.outbound if decision.entry else Outbound()


def _current(services: Services, stored: StoredRecord, control_id: str) -> Incident | None:
    state = stored.record.controls.get(control_id)
    if state is None or not state.open:
        return None
    return load_incident(services.store, stored.record.id, control_id, state.number)


def _judgement(
    services: Services, control: Control, report: Report, current: Incident | None
) -> ControlResult:
    """Judge a report; evidence stays once it was told, so that only new evidence causes an update."""
    verdict = report.verdict
    if control.id in services.config.disabled:
        verdict = Verdict(Outcome.NOT_APPLICABLE, "The control is disabled.")
    if verdict.outcome is not Outcome.FAIL:
        return ControlResult(control, verdict, None, report.scope)
    if current is not None:
        verdict = replace(verdict, evidence=_union(current.evidence, verdict.evidence))
    severity = _severity(services, ControlResult(control, verdict, None, report.scope), current)
    return ControlResult(control, verdict, severity, report.scope)


def _severity(services: Services, result: ControlResult, current: Incident | None) -> Severity:
    """Return the configured severity, else the control's, which never falls while the incident is open."""
    control = result.control
    if chosen := services.config.severities.get(control.id):
        return chosen
    own = severity_in_scope(control, result.verdict, result.scope)
    return max(own, current.severity if current else own, key=lambda each: each.rank)


def _union(told: tuple[Evidence, ...], now: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    known = {each.path for each in told}
    return (*told, *(each for each in now if each.path not in known))


def _case(services: Services, stored: StoredRecord, current: Incident | None) -> DecisionInput:
    now = services.clock()
    return DecisionInput(
        resource_id=stored.record.id,
        states=stored.record.controls,
        open={current.control_id: current} if current else {},
        events=(),
        before=None,
        after={},
        rules_changed=False,
        moment=Moment(read_at=now, decided_at=now),
        began=now,
        certain=True,
    )
