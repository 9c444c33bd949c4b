"""Failures found in the first scan of a subscription: one by one for SIEMs, one digest for people."""

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
    """The channels that get an opening by itself, and those that get only the digest and the end."""

    alone: tuple[str, ...]
    digested: tuple[str, ...] = ()


def found(case: Case, before: ControlState | None) -> Found:
    """Return how a failure was found: an event should have reported it only if it passed before.

    Under new rules or a new control it may have failed for a long time.
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
    """Return the channels of an opening: in a first scan only critical PHI failures page."""
    if how is not Found.FIRST_CONTACT or not _is_digested(parts, resource_id):
        return Routes(usual)
    pages = judgement.severity is Severity.CRITICAL and judgement.scope.phi is not False
    return Routes(*routing.at_first_sight(usual, parts.channels, pages=pages))


def _is_digested(parts: Parts, resource_id: str) -> bool:
    """Tell whether the digest that will name this failure is still to come."""
    sweep, _ = sweep_state.find(parts.store, ids.subscription_of(resource_id))
    return sweep is not None and sweep.will_tell(parts.clock())
