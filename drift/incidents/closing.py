"""Close incidents without a new verdict: of disabled controls, deleted and moved resources."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from drift import ids
from drift.controls.result import ControlResult
from drift.estate import Scope
from drift.incidents.decision import Decision, DecisionContext, DecisionInput
from drift.incidents.lifecycle import Transition
from drift.incidents.resolution import close_incident
from drift.model import Outcome, Verdict
from drift.notices import Closure
from drift.state.status_index import status_rows


@dataclass(frozen=True, slots=True)
class Ending:
    """The verdict that replaces a control's last verdict, and why its incident closes."""

    verdict: Verdict
    closure: Closure


DELETED: Final = Ending(Verdict(Outcome.UNKNOWN, "The resource was deleted."), Closure.DELETED)


def moved_ending(to: str) -> Ending:
    """Return the ending of the incidents of a resource that now has the id ``to``."""
    return Ending(
        Verdict(Outcome.UNKNOWN, f"The resource was moved. It is now {to}."), Closure.MOVED
    )


DISABLED: Final = Ending(
    Verdict(Outcome.NOT_APPLICABLE, "The control is disabled."), Closure.NO_LONGER_REQUIRED
)


def unwatched_ending(resource_id: str) -> Ending:
    """Return the ending of the incidents of a resource that the settings no longer name."""
    reason = f"{no_longer_watched(resource_id)} Whether it still fails is not known."
    return Ending(Verdict(Outcome.UNKNOWN, reason), Closure.UNWATCHED)


def no_longer_watched(resource_id: str) -> str:
    """Say which setting no longer names a tenant, a management group or the subscription of a resource."""
    if ids.tenant_of(resource_id):
        return "The tenant is no longer watched: AZURE_TENANT_ID no longer names it."
    if not ids.subscription_of(resource_id):
        return (
            "The management group is no longer watched: "
            "MONITORED_MANAGEMENT_GROUP no longer names it."
        )
    return (
        "The resource is no longer watched: "
        "its subscription was removed from MONITORED_SUBSCRIPTIONS."
    )


def end_incidents(
    context: DecisionContext, inputs: DecisionInput, controls: Iterable[str], ending: Ending
) -> list[Decision]:
    """Return the end of these controls' incidents, and of their unknown verdicts."""
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
    result = ControlResult(
        context.control(control_id, inputs.resource_id), ending.verdict, None, scope
    )
    decision = close_incident(context, inputs, result, state=state, closure=ending.closure)
    return replace(decision, writes=(*decision.writes, *marked))
