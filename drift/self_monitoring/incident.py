"""Open, update and close incidents about the monitor itself; their resource id names the cause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from drift.config.model import Config
from drift.controls.engine import severity_in_scope
from drift.controls.result import ControlResult
from drift.estate import Scope
from drift.incidents.decide import decide
from drift.incidents.decision import Decision, DecisionContext, DecisionInput
from drift.incidents.transition_log import trace_decisions
from drift.model import Control, Evidence, Outcome, Severity, Verdict
from drift.outbox.entry import Moment
from drift.ports import Store, Write
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.incident_record import Incident, load_incident
from drift.state.resource_record import StoredRecord, load_record
from drift.state.update import retry_on_conflict


@dataclass(frozen=True, slots=True)
class Report:
    """A finding of the monitor about itself.

    ``accumulates``: while the incident is open, its evidence stays and its severity does not fall.
    """

    verdict: Verdict
    scope: Scope
    accumulates: bool = True


Assess = Callable[[], Report | None]
"""Return the present state; None where it is not known, so that nothing changes."""

Following = Callable[[Decision], Sequence[Write]]


def _nothing(_: Decision) -> Sequence[Write]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfReporter:
    """Manages the incidents about the monitor itself; ``context`` is for their decisions."""

    store: Store
    config: Config
    clock: Callable[[], datetime]
    context: DecisionContext

    @classmethod
    def of(cls, services: Services) -> "SelfReporter":
        """Return a reporter whose incidents are decided as all others are."""
        return cls(
            store=services.store,
            config=services.config,
            clock=services.clock,
            context=DecisionContext.of(services),
        )

    def apply(
        self,
        subject: str,
        control: Control,
        assess: Assess,
        *,
        done: Sequence[Write] = (),
        following: Following = _nothing,
    ) -> Outbound:
        """Compare the present state with the record, store the result, and return the messages to deliver.

        It assesses the state after it has read the record, and always writes the record. If two
        processes do this at the same time, one gets a conflict and assesses again, so no process
        decides by an old state. ``done`` deletes the due rows; ``following`` returns the rows that
        follow from the decision.
        """
        return retry_on_conflict(
            subject, lambda: self._apply(subject, control, assess, done=done, following=following)
        )

    def _apply(
        self,
        subject: str,
        control: Control,
        assess: Assess,
        *,
        done: Sequence[Write],
        following: Following,
    ) -> Outbound:
        stored = load_record(self.store, subject)
        report = assess()
        if report is None:
            self.store.commit(keys.partition(subject), list(done))
            return Outbound()
        current = _current(self.store, stored, control.id)
        result = _judgement(self.config, control, report, current)
        decision = decide(self.context, _decision_input(stored, current, self.clock()), result)
        states = {**stored.record.controls, control.id: decision.state}
        record = replace(stored, record=replace(stored.record, controls=states), snapshot=None)
        later = following(decision)
        writes = one_write_per_key([*decision.writes, *later, record.put(), *done])
        self.store.commit(keys.partition(subject), writes)
        timing = self.config.timing
        trace_decisions(subject, [decision], timing=timing, event_id="", read_at=None)
        return decision.entry.outbound if decision.entry else Outbound()


def _current(store: Store, stored: StoredRecord, control_id: str) -> Incident | None:
    state = stored.record.controls.get(control_id)
    if state is None or not state.open:
        return None
    return load_incident(store, stored.record.id, control_id, state.number)


def _judgement(
    config: Config, control: Control, report: Report, current: Incident | None
) -> ControlResult:
    """Evaluate a report; evidence that accumulates stays, so that only new evidence causes an update."""
    current = current if report.accumulates else None
    verdict = report.verdict
    if control.id in config.disabled:
        verdict = Verdict(Outcome.NOT_APPLICABLE, "the control is switched off")
    if verdict.outcome is not Outcome.FAIL:
        return ControlResult(control, verdict, None, report.scope)
    if current is not None:
        verdict = replace(verdict, evidence=_union(current.evidence, verdict.evidence))
    severity = _severity(config, ControlResult(control, verdict, None, report.scope), current)
    return ControlResult(control, verdict, severity, report.scope)


def _severity(config: Config, result: ControlResult, current: Incident | None) -> Severity:
    """Return the configured severity, else the control's, which never falls while the incident is open."""
    control = result.control
    if chosen := config.severities.get(control.id):
        return chosen
    own = severity_in_scope(control, result.verdict, result.scope)
    return max(own, current.severity if current else own, key=lambda each: each.rank)


def _union(before: tuple[Evidence, ...], now: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    known = {each.path for each in before}
    return (*before, *(each for each in now if each.path not in known))


def _decision_input(stored: StoredRecord, current: Incident | None, now: datetime) -> DecisionInput:
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
        numbers_after=stored.record.numbers_after,
    )
