"""Hold one fresh verdict against what is on record: the new state, and what must be told of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from drift.controls.engine import Judgement
from drift.incidents import discovery, lifecycle
from drift.incidents.attribution import author, lacks, last_event, named
from drift.incidents.comparison import at_least, fingerprint, says_more, severity_of
from drift.incidents.decision import Case, Ruling
from drift.incidents.lifecycle import Step
from drift.model import Outcome, sentence
from drift.notices import Change, Closure, Difference
from drift.observation.snapshot import differences
from drift.outbox import routing
from drift.outbox.append import tell, tell_aside
from drift.outbox.notice_builder import fix_command, fix_note
from drift.services import Parts
from drift.state.incident_record import Incident
from drift.state.resource_record import ControlState
from drift.state.size_limits import LONGEST, storable
from drift.state.status_index import marks


def rule(parts: Parts, case: Case, judgement: Judgement) -> Ruling:
    """Decide one verdict and write down what follows; nothing is stored here."""
    control_id = judgement.control.id
    state = case.states.get(control_id)
    current = case.open.get(control_id)
    changed = current is not None and _says_more(current, judgement, case)
    if current and case.doubtful and judgement.verdict.outcome is Outcome.FAIL:
        judgement = at_least(current, judgement)
    step = lifecycle.next_step(
        judgement.verdict.outcome,
        state,
        changed=changed,
        settled=case.certain or _is_settled(parts, state, case.began),
    )
    before, state = state, _observed(state, judgement, case)
    marked = marks(case.resource_id, control_id, before, state)
    match step:
        case Step.OPENED:
            ruling = _opened(parts, case, judgement, state)
        case Step.CHANGED if current:
            ruling = _changed(parts, case, judgement, state)
        case Step.ENDED | Step.EXCEPTED if current:
            ruling = _ended(parts, case, judgement, state)
        case Step.TOLERATED:
            ruling = Ruling(control_id, step, state)
            ruling = _aside(parts, case, judgement, ruling, change=Change.UPDATED)
        case _:
            ruling = Ruling(control_id, step, state)
    return _with_unknown(parts, case, judgement, replace(ruling, writes=(*ruling.writes, *marked)))


def _says_more(current: Incident, judgement: Judgement, case: Case) -> bool:
    """Tell whether a failure differs from the one on record, or its author is known only now."""
    differs = says_more(current, judgement, doubtful=case.doubtful)
    return differs or lacks(current, last_event(case.events))


def _is_settled(parts: Parts, state: ControlState | None, began: datetime) -> bool:
    """Tell whether a pass may be believed: no replica lags as long as since the last failure."""
    if state is None or state.failed_at is None:
        return True
    return began - state.failed_at >= timedelta(seconds=parts.config.timing.settle_seconds)


def _observed(state: ControlState | None, judgement: Judgement, case: Case) -> ControlState:
    outcome = judgement.verdict.outcome
    state = replace(state, outcome=outcome) if state else ControlState(outcome=outcome)
    if outcome is Outcome.FAIL:
        state = replace(state, failed_at=case.began)
    if outcome is not Outcome.UNKNOWN:
        return replace(state, unknown_since=None, unknown_told=False)
    return replace(state, unknown_since=state.unknown_since or case.moment.decided_at)


def _with_unknown(parts: Parts, case: Case, judgement: Judgement, ruling: Ruling) -> Ruling:
    """Tell the SIEM once of a verdict that has been unknown for long."""
    since, now = ruling.state.unknown_since, case.moment.decided_at
    if since is None or ruling.state.unknown_told:
        return ruling
    if now - since < timedelta(seconds=parts.config.timing.unknown_seconds):
        return ruling
    told = _aside(parts, case, judgement, ruling, change=Change.UNKNOWN)
    return replace(told, state=replace(told.state, unknown_told=True))


def _aside(
    parts: Parts, case: Case, judgement: Judgement, ruling: Ruling, *, change: Change
) -> Ruling:
    """Tell the SIEM of a verdict that opens no incident."""
    count = ruling.state.asides + 1
    told = tell_aside(
        parts, judgement, case.resource_id, moment=case.moment, sequence=count, change=change
    )
    state = replace(ruling.state, asides=count)
    return replace(ruling, state=state, told=told, writes=(*ruling.writes, *told.writes))


def _opened(parts: Parts, case: Case, judgement: Judgement, state: ControlState) -> Ruling:
    number, sequence = _numbering(parts, state, case.moment.decided_at)
    failure = _failure(case, judgement)
    last, who = last_event(case.events), author(case.events)
    before = case.states.get(judgement.control.id)
    proved, found = _is_proved(case, before), discovery.found(case, before)
    routes = discovery.routes(
        parts, case.resource_id, judgement, usual=_routes(parts, judgement), how=found
    )
    incident = Incident(
        resource_id=case.resource_id,
        control_id=judgement.control.id,
        number=number,
        sequence=sequence,
        opened_at=case.moment.decided_at,
        opened_by=who,
        changed_by=who,
        is_cause=proved and bool(failure["differences"]),
        event_id=last.id if last else "",
        event_at=last.at if last else None,
        correlation_id=last.correlation_id if last else "",
        channels=(*routes.alone, *routes.digested),
        config_hash=parts.facts.config_hash,
        found=found,
        context=(f"moved here from {case.origin}",) if case.origin and before is None else (),
        **failure,
    )
    state = replace(state, number=number, sequence=sequence, open=True, closed_at=None)
    told = tell(
        parts,
        incident,
        judgement,
        change=Change.OPENED,
        moment=case.moment,
        channels=routes.alone,
    )
    return Ruling(judgement.control.id, Step.OPENED, state, told.writes, told, incident)


def _failure(case: Case, judgement: Judgement) -> dict[str, Any]:
    """Return what an incident says of the failure that it stands for now."""
    verdict = judgement.verdict
    return {
        "severity": severity_of(judgement),
        "reason": verdict.reason[:LONGEST],
        "evidence": storable(verdict.evidence),
        "fingerprint": fingerprint(judgement),
        "fix_command": fix_command(judgement),
        "fix_note": fix_note(judgement),
        "differences": _differences(case, judgement),
        "phi": judgement.scope.phi,
        "phi_reason": judgement.scope.why,
    }


def _numbering(parts: Parts, state: ControlState, now: datetime) -> tuple[int, int]:
    """Return the opening number and the change's number: soon after it ended it is the same one."""
    flap = timedelta(minutes=parts.config.timing.flap_minutes)
    if state.number and state.closed_at and now - state.closed_at < flap:
        return state.number, state.sequence + 1
    return state.number + 1, 1


def _changed(parts: Parts, case: Case, judgement: Judgement, state: ControlState) -> Ruling:
    current, last = case.open[judgement.control.id], last_event(case.events)
    if last and lacks(current, last):
        current = named(current, last)
    incident = current.numbered(
        current.sequence + 1,
        changed_by=author(case.events) or current.changed_by,
        is_cause=False,
        channels=tuple(dict.fromkeys((*current.channels, *_routes(parts, judgement)))),
        **_failure(case, judgement),
    )
    state = replace(state, sequence=incident.sequence)
    told = tell(
        parts,
        incident,
        judgement,
        change=Change.UPDATED,
        moment=case.moment,
        before=case.open[judgement.control.id],
    )
    return Ruling(judgement.control.id, Step.CHANGED, state, told.writes, told, incident)


def _ended(parts: Parts, case: Case, judgement: Judgement, state: ControlState) -> Ruling:
    current, scope = case.open[judgement.control.id], judgement.scope
    lowered = current.phi is not False and scope.phi is False and not case.certain
    closure = lifecycle.closure_of(
        judgement.verdict.outcome,
        properties_changed=bool(_differences(case, judgement)),
        rules_changed=case.rules_changed or lowered,
    )
    if lowered and closure is Closure.NO_LONGER_REQUIRED:
        reason = f"{judgement.verdict.reason} {sentence(scope.why)}"
        judgement = replace(judgement, verdict=replace(judgement.verdict, reason=reason))
    return end(parts, case, judgement, state=state, closure=closure)


def end(
    parts: Parts, case: Case, judgement: Judgement, *, state: ControlState, closure: Closure
) -> Ruling:
    """Close an incident for this reason; it is told as resolved only if it was fixed."""
    current = case.open[judgement.control.id]
    changed = _differences(case, judgement)
    by_hand = closure in (Closure.FIXED, Closure.DELETED, Closure.MOVED) or bool(changed)
    incident = current.numbered(
        current.sequence + 1,
        reason=judgement.verdict.reason[:LONGEST],
        differences=changed,
        closed_at=case.moment.decided_at,
        closure=closure,
        closed_by=author(case.events) if by_hand else None,
    )
    state = replace(state, open=False, sequence=incident.sequence, closed_at=case.moment.decided_at)
    change = Change.RESOLVED if closure is Closure.FIXED else Change.CLOSED
    told = tell(parts, incident, judgement, change=change, moment=case.moment)
    step = Step.EXCEPTED if closure is Closure.EXCEPTED else Step.ENDED
    return Ruling(judgement.control.id, step, state, told.writes, told, incident)


def _routes(parts: Parts, judgement: Judgement) -> tuple[str, ...]:
    severity, routes = severity_of(judgement), parts.config.routes
    return routing.channels_for(judgement.control.id, severity, parts.channels, routes)


def _differences(case: Case, judgement: Judgement) -> tuple[Difference, ...]:
    if case.before is None:
        return ()
    return differences(case.before, case.after, judgement.control)


def _is_proved(case: Case, before: ControlState | None) -> bool:
    """Tell whether who wrote last did it: it passed before, and nothing else came between."""
    passed = before is not None and before.outcome is Outcome.PASS
    return passed and len(case.suspects) == 1 and case.suspects[0].actor is not None
