"""Open, update and close incidents about the monitor itself, on an id that stands for the cause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from drift.controls.engine import Judgement, severity_of
from drift.errors import Conflict
from drift.estate import Scope
from drift.incidents.decide import rule
from drift.incidents.decision import Case
from drift.model import Control, Evidence, Outcome, Severity, Verdict
from drift.outbox.notice_builder import Moment
from drift.ports import Write
from drift.queues.outbound import Work
from drift.services import Parts
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.incident_record import Incident, load_incident
from drift.state.resource_record import Held, load


@dataclass(frozen=True, slots=True)
class Report:
    """A finding of the monitor about itself."""

    verdict: Verdict
    scope: Scope


Look = Callable[[], Report | None]
"""Return the present state; None where it is not known, so that nothing changes."""


def publish(
    parts: Parts, subject: str, control: Control, look: Look, *, done: Sequence[Write] = ()
) -> Work:
    """Compare the present state with the record, store what follows, return what to deliver.

    It looks after it has read the record, and always writes the record: of two processes that look at
    the same time one must look again, so none decides by an old state. ``done`` deletes the rows that
    asked for it.
    """
    while True:
        held = load(parts.store, subject)
        report = look()
        if report is None:
            parts.store.commit(keys.partition(subject), list(done))
            return Work()
        current = _current(parts, held, control.id)
        judgement = _judgement(parts, control, report, current)
        ruling = rule(parts, _case(parts, held, current), judgement)
        states = {**held.record.controls, control.id: ruling.state}
        record = replace(held, record=replace(held.record, controls=states), snapshot=None)
        try:
            writes = one_write_per_key([*ruling.writes, record.put(), *done])
            parts.store.commit(keys.partition(subject), writes)
        except Conflict:
            continue
        return ruling.told.work if ruling.told else Work()


def _current(parts: Parts, held: Held, control_id: str) -> Incident | None:
    state = held.record.controls.get(control_id)
    if state is None or not state.open:
        return None
    return load_incident(parts.store, held.record.id, control_id, state.number)


def _judgement(
    parts: Parts, control: Control, report: Report, current: Incident | None
) -> Judgement:
    """Judge a report; evidence stays once it was told, so that only new evidence causes an update."""
    verdict = report.verdict
    if control.id in parts.config.disabled:
        verdict = Verdict(Outcome.NOT_APPLICABLE, "the control is switched off")
    if verdict.outcome is not Outcome.FAIL:
        return Judgement(control, verdict, None, report.scope)
    if current is not None:
        verdict = replace(verdict, evidence=_union(current.evidence, verdict.evidence))
    severity = _severity(parts, Judgement(control, verdict, None, report.scope), current)
    return Judgement(control, verdict, severity, report.scope)


def _severity(parts: Parts, judgement: Judgement, current: Incident | None) -> Severity:
    """Return the configured severity, else the control's, which never falls while the incident is open."""
    control = judgement.control
    if chosen := parts.config.severities.get(control.id):
        return chosen
    own = severity_of(control, judgement.verdict, judgement.scope)
    return max(own, current.severity if current else own, key=lambda each: each.rank)


def _union(told: tuple[Evidence, ...], now: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    known = {each.path for each in told}
    return (*told, *(each for each in now if each.path not in known))


def _case(parts: Parts, held: Held, current: Incident | None) -> Case:
    now = parts.clock()
    return Case(
        resource_id=held.record.id,
        states=held.record.controls,
        open={current.control_id: current} if current else {},
        events=(),
        before=None,
        after={},
        rules_changed=False,
        moment=Moment(read_at=now, decided_at=now),
        began=now,
        certain=True,
    )
