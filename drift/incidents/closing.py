"""End what no verdict will end: controls that are switched off, and resources that are gone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from drift.controls.engine import ControlResult
from drift.estate import Scope
from drift.incidents.decide import close_incident
from drift.incidents.decision import Decision, DecisionContext, DecisionInput
from drift.incidents.lifecycle import Transition
from drift.model import Outcome, Verdict
from drift.notices import Closure
from drift.state.status_index import status_rows


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a control's verdict, and in which words its incident ends."""

    verdict: Verdict
    closure: Closure


DELETED: Final = Ending(Verdict(Outcome.UNKNOWN, "the resource was deleted"), Closure.DELETED)


def moved_ending(to: str) -> Ending:
    """Return what becomes of the verdicts on a resource that has another id now."""
    return Ending(
        Verdict(Outcome.UNKNOWN, f"the resource was moved: it is now {to}"), Closure.MOVED
    )


SWITCHED_OFF: Final = Ending(
    Verdict(Outcome.NOT_APPLICABLE, "the control is switched off"), Closure.NO_LONGER_REQUIRED
)


def end_incidents(
    context: DecisionContext, inputs: DecisionInput, controls: Iterable[str], ending: Ending
) -> list[Decision]:
    """Return the end of these controls' incidents, and of what could not be told of them."""
    return [_ended(context, inputs, each, ending) for each in controls]


def _ended(
    context: DecisionContext, inputs: DecisionInput, control_id: str, ending: Ending
) -> Decision:
    before, incident = inputs.states[control_id], inputs.open.get(control_id)
    state = replace(before, outcome=ending.verdict.outcome, unknown_since=None, unknown_told=False)
    marked = status_rows(inputs.resource_id, control_id, before, state)
    if incident is None:
        return Decision(control_id, Transition.STILL_FINE, state, tuple(marked))
    scope = Scope(incident.phi, incident.phi_reason)
    result = ControlResult(context.control(control_id), ending.verdict, None, scope)
    decision = close_incident(context, inputs, result, state=state, closure=ending.closure)
    return replace(decision, writes=(*decision.writes, *marked))
