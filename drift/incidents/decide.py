"""Decide what a new verdict changes: the control's state, its incident, and the outbox."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from drift.clock import bounds
from drift.controls.result import ControlResult
from drift.incidents import discovery, lifecycle
from drift.incidents.attribution import (
    attribution_of,
    decisive,
    names_others,
    reviewed,
    with_changes,
)
from drift.incidents.comparison import (
    adds_information,
    fingerprint_of,
    merged_with_record,
    severity_of,
)
from drift.incidents.decision import Decision, DecisionContext, DecisionInput
from drift.incidents.lifecycle import Transition
from drift.incidents.resolution import close_incident
from drift.model import Outcome, sentence
from drift.notices import Change, Closure
from drift.outbox import routing
from drift.outbox.append import append, append_standalone
from drift.outbox.notice_builder import fix_command, fix_note
from drift.state.attribution_record import Attribution
from drift.state.incident_record import Incident, incident_put
from drift.state.resource_record import ControlState
from drift.state.size_limits import LONGEST, storable
from drift.state.status_index import status_rows


def decide(context: DecisionContext, inputs: DecisionInput, result: ControlResult) -> Decision:
    """Decide one verdict and return the resulting rows; this function stores nothing."""
    control_id = result.control.id
    state = inputs.states.get(control_id)
    recorded = inputs.open.get(control_id)
    current = reviewed(recorded, result.control, inputs.events, inputs.reads) if recorded else None
    changed = current is not None and (
        names_others(inputs.open[control_id], current)
        or adds_information(current, result, doubtful=inputs.doubtful)
    )
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
            decision = _changed(context, inputs, result, state, current=current)
        case Transition.ENDED | Transition.EXCEPTED if current:
            decision = _ended(context, inputs, result, state)
        case Transition.TOLERATED:
            decision = Decision(control_id, step, state)
            decision = _standalone(context, inputs, result, decision, change=Change.UPDATED)
        case Transition.STILL_OPEN if current and current != recorded:
            decision = Decision(control_id, step, state, (incident_put(current),))
        case _:
            decision = Decision(control_id, step, state)
    return _with_unknown(
        context, inputs, result, replace(decision, writes=(*decision.writes, *marked))
    )


def _is_settled(
    context: DecisionContext, state: ControlState | None, inputs: DecisionInput
) -> bool:
    """Tell whether a pass is final: no new answer is so early that a lagging replica may have given it.

    An answer from before the last failing one belonged to the failure too, unless it is new: a Date
    has whole seconds, and an event may show the failure before any answer does. If an event may
    have changed a document since it was read, that event must be confirmed first.
    """
    if state is None or state.failed_at is None:
        return True
    if inputs.overtaken:
        return False
    failed_at = state.failed_at
    settled_at = bounds.later(failed_at, timedelta(seconds=context.timing.settle_seconds))
    too_early = any(failed_at < each < settled_at for each in inputs.answered)
    return not too_early and all(each >= settled_at for each in inputs.answered_now)


def _observed(
    state: ControlState | None, result: ControlResult, inputs: DecisionInput
) -> ControlState:
    outcome, used = result.verdict.outcome, inputs.numbers_after
    state = state or ControlState(outcome=outcome, number=used, asides=used)
    state = replace(state, outcome=outcome)
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
    first_opened_at = state.first_opened_at if number == state.number else None
    failure = _failure(inputs, result)
    before = inputs.states.get(result.control.id)
    found = discovery.found_how(inputs, before)
    routes = discovery.routes(
        context, inputs.resource_id, result, usual=_routes(context, result), how=found
    )
    incident = Incident(
        resource_id=inputs.resource_id,
        control_id=result.control.id,
        number=number,
        sequence=sequence,
        opened_at=inputs.moment.decided_at,
        first_opened_at=first_opened_at,
        event_id=inputs.moment.event_id,
        event_at=inputs.moment.event_at,
        channels=(*routes.alone, *routes.digested),
        config_hash=context.app.config_hash,
        found=found,
        context=(f"The resource was moved here from {inputs.origin}.",)
        if inputs.origin and before is None
        else (),
        **failure,
    )
    incident = incident.attributed(_attributions(inputs, result, incident, Outcome.PASS))
    state = _open_state(state, incident)
    entry = append(
        context.app,
        incident,
        result,
        change=Change.OPENED,
        moment=inputs.moment.of(incident.last_writer),
        channels=routes.alone,
    )
    writes = (*entry.writes, *routes.writes)
    return Decision(result.control.id, Transition.OPENED, state, writes, entry, incident)


def _open_state(state: ControlState, incident: Incident) -> ControlState:
    return replace(
        state,
        number=incident.number,
        sequence=incident.sequence,
        open=True,
        closed_at=None,
        first_opened_at=incident.first_opened_at or incident.opened_at,
    )


def _attributions(
    inputs: DecisionInput, result: ControlResult, incident: Incident, otherwise: Outcome
) -> tuple[Attribution, ...]:
    """Return who can have made the latest change of an incident, () for one about the monitor itself.

    It is a known change if the control had the outcome ``otherwise`` in the last evaluation.
    """
    if inputs.reads is None:
        return ()
    before = inputs.states.get(result.control.id)
    known = before is not None and before.outcome is otherwise
    return (
        attribution_of(
            inputs.reads,
            result.control,
            inputs.events,
            paths=decisive(incident.differences, incident.evidence),
            known=known,
            ended_at=before.closed_at if before and otherwise is Outcome.PASS else None,
        ),
    )


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
        "differences": inputs.differences(result.control),
        "phi": result.scope.phi,
        "phi_reason": result.scope.why,
    }


def _numbering(context: DecisionContext, state: ControlState, now: datetime) -> tuple[int, int]:
    """Return the opening number and the change's number: soon after an end the incident keeps its number."""
    flap = timedelta(minutes=context.timing.flap_minutes)
    if state.number and state.closed_at and now - state.closed_at < flap:
        return state.number, state.sequence + 1
    return state.number + 1, 1


def _changed(
    context: DecisionContext,
    inputs: DecisionInput,
    result: ControlResult,
    state: ControlState,
    *,
    current: Incident,
) -> Decision:
    """Return the decision that updates an incident; ``current`` is the incident, as reviewed."""
    incident = current.numbered(
        current.sequence + 1,
        channels=tuple(dict.fromkeys((*current.channels, *_routes(context, result)))),
        **_failure(inputs, result),
    )
    if incident.differences and incident.fingerprint != current.fingerprint:
        found = _attributions(inputs, result, incident, Outcome.FAIL)
        incident = with_changes(incident, found, settle=context.timing.settle_seconds)
    recorded = inputs.open[result.control.id]
    is_known = incident.attributions == recorded.attributions
    state = replace(state, sequence=incident.sequence)
    entry = append(
        context.app,
        incident,
        result,
        change=Change.UPDATED,
        moment=inputs.moment if is_known else inputs.moment.of(incident.last_writer),
        before=recorded,
    )
    return Decision(result.control.id, Transition.CHANGED, state, entry.writes, entry, incident)


def _ended(
    context: DecisionContext, inputs: DecisionInput, result: ControlResult, state: ControlState
) -> Decision:
    current, scope = inputs.open[result.control.id], result.scope
    lowered = current.phi is not False and scope.phi is False and not inputs.certain
    closure = lifecycle.closure_of(
        result.verdict.outcome,
        properties_changed=bool(inputs.differences(result.control)),
        rules_changed=inputs.rules_changed or lowered,
    )
    if lowered and closure is Closure.NO_LONGER_REQUIRED:
        reason = f"{result.verdict.reason} {sentence(scope.why)}"
        result = replace(result, verdict=replace(result.verdict, reason=reason))
    return close_incident(context, inputs, result, state=state, closure=closure)


def _routes(context: DecisionContext, result: ControlResult) -> tuple[str, ...]:
    severity = severity_of(result)
    return routing.channels_for(result.control.id, severity, context.channels, context.routes)
