"""Decide what a new verdict changes: the control's state, its incident, and the outbox."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from drift.controls.result import ControlResult
from drift.incidents import discovery, lifecycle
from drift.incidents.attribution import lacks_actor, last_actor, last_event, with_actor
from drift.incidents.comparison import (
    adds_information,
    fingerprint_of,
    merged_with_record,
    severity_of,
)
from drift.incidents.decision import Decision, DecisionContext, DecisionInput
from drift.incidents.lifecycle import Transition
from drift.model import Outcome, sentence
from drift.notices import Change, Closure, Difference
from drift.observation.snapshot import differences
from drift.outbox import routing
from drift.outbox.append import append, append_standalone
from drift.outbox.notice_builder import fix_command, fix_note
from drift.state.incident_record import Incident
from drift.state.resource_record import ControlState
from drift.state.size_limits import LONGEST, storable
from drift.state.status_index import status_rows


def decide(context: DecisionContext, inputs: DecisionInput, result: ControlResult) -> Decision:
    """Decide one verdict and write down what follows; nothing is stored here."""
    control_id = result.control.id
    state = inputs.states.get(control_id)
    current = inputs.open.get(control_id)
    changed = current is not None and _adds_information(current, result, inputs)
    if current and inputs.doubtful and result.verdict.outcome is Outcome.FAIL:
        result = merged_with_record(current, result)
    step = lifecycle.next_transition(
        result.verdict.outcome,
        state,
        changed=changed,
        settled=inputs.certain or _is_settled(context, state, inputs),
    )
    before, state = state, _observed(state, result, inputs)
    marked = status_rows(inputs.resource_id, control_id, before, state)
    match step:
        case Transition.OPENED:
            decision = _opened(context, inputs, result, state)
        case Transition.CHANGED if current:
            decision = _changed(context, inputs, result, state)
        case Transition.ENDED | Transition.EXCEPTED if current:
            decision = _ended(context, inputs, result, state)
        case Transition.TOLERATED:
            decision = Decision(control_id, step, state)
            decision = _standalone(context, inputs, result, decision, change=Change.UPDATED)
        case _:
            decision = Decision(control_id, step, state)
    return _with_unknown(
        context, inputs, result, replace(decision, writes=(*decision.writes, *marked))
    )


def _adds_information(current: Incident, result: ControlResult, inputs: DecisionInput) -> bool:
    """Tell whether a failure differs from the one on record, or now has a known actor."""
    differs = adds_information(current, result, doubtful=inputs.doubtful)
    return differs or lacks_actor(current, last_event(inputs.events))


def _is_settled(
    context: DecisionContext, state: ControlState | None, inputs: DecisionInput
) -> bool:
    """Tell whether a pass is final: no answer was given so soon after the last failing one.

    An answer from before that one belonged to the failure as well. Azure's Date has whole seconds: an
    answer of this evaluation in the second of the failing one may have come from a replica behind it.
    """
    if state is None or state.failed_at is None:
        return True
    failed_at, settle = state.failed_at, timedelta(seconds=context.timing.settle_seconds)
    if failed_at in inputs.reread:
        return False
    return not any(failed_at < each < failed_at + settle for each in inputs.answered)


def _observed(
    state: ControlState | None, result: ControlResult, inputs: DecisionInput
) -> ControlState:
    outcome = result.verdict.outcome
    state = replace(state, outcome=outcome) if state else ControlState(outcome=outcome)
    if outcome is Outcome.FAIL:
        newest = max(inputs.answered, default=inputs.began)
        state = replace(state, failed_at=max(newest, state.failed_at or newest))
    if outcome is not Outcome.UNKNOWN:
        return replace(state, unknown_since=None, unknown_told=False)
    return replace(state, unknown_since=state.unknown_since or inputs.moment.decided_at)


def _with_unknown(
    context: DecisionContext, inputs: DecisionInput, result: ControlResult, decision: Decision
) -> Decision:
    """Report a verdict to the SIEM once when it has been unknown for ``unknown_seconds``."""
    since, now = decision.state.unknown_since, inputs.moment.decided_at
    if since is None or decision.state.unknown_told:
        return decision
    if now - since < timedelta(seconds=context.timing.unknown_seconds):
        return decision
    told = _standalone(context, inputs, result, decision, change=Change.UNKNOWN)
    return replace(told, state=replace(told.state, unknown_told=True))


def _standalone(
    context: DecisionContext,
    inputs: DecisionInput,
    result: ControlResult,
    decision: Decision,
    *,
    change: Change,
) -> Decision:
    """Add a notification to the SIEM about a verdict that opens no incident."""
    count = decision.state.asides + 1
    entry = append_standalone(
        context.app,
        result,
        inputs.resource_id,
        moment=inputs.moment,
        sequence=count,
        change=change,
        channels=routing.siems(context.channels),
    )
    state = replace(decision.state, asides=count)
    return replace(decision, state=state, entry=entry, writes=(*decision.writes, *entry.writes))


def _opened(
    context: DecisionContext, inputs: DecisionInput, result: ControlResult, state: ControlState
) -> Decision:
    number, sequence = _numbering(context, state, inputs.moment.decided_at)
    failure = _failure(inputs, result)
    last, actor = last_event(inputs.events), last_actor(inputs.events)
    before = inputs.states.get(result.control.id)
    proved, found = _is_proved(inputs, before), discovery.found_how(inputs, before)
    routes = discovery.routes(
        context, inputs.resource_id, result, usual=_routes(context, result), how=found
    )
    incident = Incident(
        resource_id=inputs.resource_id,
        control_id=result.control.id,
        number=number,
        sequence=sequence,
        opened_at=inputs.moment.decided_at,
        opened_by=actor,
        changed_by=actor,
        is_cause=proved and bool(failure["differences"]),
        event_id=last.id if last else "",
        event_at=last.at if last else None,
        correlation_id=last.correlation_id if last else "",
        channels=(*routes.alone, *routes.digested),
        config_hash=context.app.config_hash,
        found=found,
        context=(f"The resource was moved here from {inputs.origin}.",)
        if inputs.origin and before is None
        else (),
        **failure,
    )
    state = replace(state, number=number, sequence=sequence, open=True, closed_at=None)
    entry = append(
        context.app,
        incident,
        result,
        change=Change.OPENED,
        moment=inputs.moment,
        channels=routes.alone,
    )
    return Decision(result.control.id, Transition.OPENED, state, entry.writes, entry, incident)


def _failure(inputs: DecisionInput, result: ControlResult) -> dict[str, Any]:
    """Return the fields of an incident that describe its present failure."""
    verdict = result.verdict
    return {
        "severity": severity_of(result),
        "reason": verdict.reason[:LONGEST],
        "evidence": storable(verdict.evidence),
        "fingerprint": fingerprint_of(result),
        "fix_command": fix_command(result),
        "fix_note": fix_note(result),
        "differences": _differences(inputs, result),
        "phi": result.scope.phi,
        "phi_reason": result.scope.why,
    }


def _numbering(context: DecisionContext, state: ControlState, now: datetime) -> tuple[int, int]:
    """Return the opening number and the change's number: soon after it ended it is the same one."""
    flap = timedelta(minutes=context.timing.flap_minutes)
    if state.number and state.closed_at and now - state.closed_at < flap:
        return state.number, state.sequence + 1
    return state.number + 1, 1


def _changed(
    context: DecisionContext, inputs: DecisionInput, result: ControlResult, state: ControlState
) -> Decision:
    current, last = inputs.open[result.control.id], last_event(inputs.events)
    if last and lacks_actor(current, last):
        current = with_actor(current, last)
    incident = current.numbered(
        current.sequence + 1,
        changed_by=last_actor(inputs.events) or current.changed_by,
        is_cause=False,
        channels=tuple(dict.fromkeys((*current.channels, *_routes(context, result)))),
        **_failure(inputs, result),
    )
    state = replace(state, sequence=incident.sequence)
    entry = append(
        context.app,
        incident,
        result,
        change=Change.UPDATED,
        moment=inputs.moment,
        before=inputs.open[result.control.id],
    )
    return Decision(result.control.id, Transition.CHANGED, state, entry.writes, entry, incident)


def _ended(
    context: DecisionContext, inputs: DecisionInput, result: ControlResult, state: ControlState
) -> Decision:
    current, scope = inputs.open[result.control.id], result.scope
    lowered = current.phi is not False and scope.phi is False and not inputs.certain
    closure = lifecycle.closure_of(
        result.verdict.outcome,
        properties_changed=bool(_differences(inputs, result)),
        rules_changed=inputs.rules_changed or lowered,
    )
    if lowered and closure is Closure.NO_LONGER_REQUIRED:
        reason = f"{result.verdict.reason} {sentence(scope.why)}"
        result = replace(result, verdict=replace(result.verdict, reason=reason))
    return close_incident(context, inputs, result, state=state, closure=closure)


def close_incident(
    context: DecisionContext,
    inputs: DecisionInput,
    result: ControlResult,
    *,
    state: ControlState,
    closure: Closure,
) -> Decision:
    """Return the decision that closes an incident; only a fixed one is reported as resolved."""
    current = inputs.open[result.control.id]
    changed = _differences(inputs, result)
    by_hand = closure in (Closure.FIXED, Closure.DELETED, Closure.MOVED) or bool(changed)
    incident = current.numbered(
        current.sequence + 1,
        reason=result.verdict.reason[:LONGEST],
        differences=changed,
        closed_at=inputs.moment.decided_at,
        closure=closure,
        closed_by=last_actor(inputs.events) if by_hand else None,
    )
    state = replace(
        state, open=False, sequence=incident.sequence, closed_at=inputs.moment.decided_at
    )
    change = Change.RESOLVED if closure is Closure.FIXED else Change.CLOSED
    entry = append(context.app, incident, result, change=change, moment=inputs.moment)
    step = Transition.EXCEPTED if closure is Closure.EXCEPTED else Transition.ENDED
    return Decision(result.control.id, step, state, entry.writes, entry, incident)


def _routes(context: DecisionContext, result: ControlResult) -> tuple[str, ...]:
    severity = severity_of(result)
    return routing.channels_for(result.control.id, severity, context.channels, context.routes)


def _differences(inputs: DecisionInput, result: ControlResult) -> tuple[Difference, ...]:
    if inputs.before is None:
        return ()
    return differences(inputs.before, inputs.after, result.control)


def _is_proved(inputs: DecisionInput, before: ControlState | None) -> bool:
    """Tell whether the last actor is the cause: a pass before, and one event with an actor since."""
    passed = before is not None and before.outcome is Outcome.PASS
    return passed and len(inputs.suspects) == 1 and inputs.suspects[0].actor is not None
