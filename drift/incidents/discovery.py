"""What a first look at a subscription finds: told to machines one by one, to people as one digest."""

from dataclasses import dataclass

from drift import ids
from drift.controls.engine import Judgement
from drift.incidents.decision import Case
from drift.model import Outcome, Severity
from drift.notices import Found
from drift.outbox import routing
from drift.services import Parts
from drift.state import sweep_state
from drift.state.resource_record import ControlState


@dataclass(frozen=True, slots=True)
class Routes:
    """Who is told of an opening by itself, and who only by the digest, yet hears its end."""

    alone: tuple[str, ...]
    digested: tuple[str, ...] = ()


def found(case: Case, before: ControlState | None) -> Found:
    """Return how a failure came to light: an event should have told of it only if it passed before.

    Under new rules, and by a control that is new, it has been so for who knows how long.
    """
    if case.found is Found.EVENT or case.rules_changed:
        return Found.EVENT
    if before is None:
        return Found.FIRST_CONTACT if case.states else case.found
    if before.outcome is Outcome.UNKNOWN:
        return case.found
    return Found.MISSED


def routes(
    parts: Parts, resource_id: str, judgement: Judgement, *, usual: tuple[str, ...], how: Found
) -> Routes:
    """Return who is told: at first sight only what is critical and PHI rings a pager."""
    if how is not Found.FIRST_CONTACT or not _is_digested(parts, resource_id):
        return Routes(usual)
    pages = judgement.severity is Severity.CRITICAL and judgement.scope.phi is not False
    return Routes(*routing.at_first_sight(usual, parts.channels, pages=pages))


def _is_digested(parts: Parts, resource_id: str) -> bool:
    """Tell whether a digest is still to come that will name what is found at first sight now."""
    sweep, _ = sweep_state.find(parts.store, ids.subscription_of(resource_id))
    return sweep is not None and sweep.will_tell(parts.clock())


def _worst_first(counted: tuple[Severity, int]) -> int:
    return -counted[0].rank
