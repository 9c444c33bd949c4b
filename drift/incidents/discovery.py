"""Route failures of a subscription's first scan: each one to SIEMs, one digest to people."""

from dataclasses import dataclass

from drift import ids
from drift.controls.result import ControlResult
from drift.incidents.decision import DecisionInput
from drift.model import Outcome, Severity
from drift.notices import Found
from drift.outbox import routing
from drift.services import Services
from drift.state import sweep_state
from drift.state.resource_record import ControlState


@dataclass(frozen=True, slots=True)
class Routes:
    """The channels of an opening: ``alone`` get it at once, ``digested`` only in the digest."""

    alone: tuple[str, ...]
    digested: tuple[str, ...] = ()


def found_how(inputs: DecisionInput, before: ControlState | None) -> Found:
    """Return how a failure was found: an event should have reported it only if it passed before.

    Under new rules or a new control it may have failed for a long time.
    """
    if inputs.found is Found.EVENT or inputs.rules_changed:
        return Found.EVENT
    if before is None:
        return Found.FIRST_CONTACT if inputs.states else inputs.found
    if before.outcome is Outcome.UNKNOWN:
        return inputs.found
    return Found.MISSED


def routes(
    services: Services,
    resource_id: str,
    result: ControlResult,
    *,
    usual: tuple[str, ...],
    how: Found,
) -> Routes:
    """Return the channels of an opening: in a first scan only critical PHI failures page."""
    if how is not Found.FIRST_CONTACT or not _is_digested(services, resource_id):
        return Routes(usual)
    pages = result.severity is Severity.CRITICAL and result.scope.phi is not False
    return Routes(*routing.at_first_sight(usual, services.channels, pages=pages))


def _is_digested(services: Services, resource_id: str) -> bool:
    """Tell whether a digest is still to come that will name this failure."""
    sweep, _ = sweep_state.find_sweep(services.store, ids.subscription_of(resource_id))
    return sweep is not None and sweep.will_tell(services.clock())
