"""Route failures of a subscription's first scan: each one to SIEMs, one digest to people."""

from dataclasses import dataclass

from drift.controls.result import ControlResult
from drift.incidents.decision import DecisionContext, DecisionInput
from drift.model import Outcome, Severity
from drift.notices import Found
from drift.outbox import first_pages, routing
from drift.ports import Write
from drift.state.resource_record import ControlState


@dataclass(frozen=True, slots=True)
class Routes:
    """The channels of an opening: ``alone`` get it at once, ``digested`` only in the digest.

    ``writes`` note how it pages in the first scan.
    """

    alone: tuple[str, ...]
    digested: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()


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
    context: DecisionContext,
    resource_id: str,
    result: ControlResult,
    *,
    usual: tuple[str, ...],
    how: Found,
) -> Routes:
    """Return the channels of an opening: in a first scan critical PHI failures page, a few alone."""
    if how is not Found.FIRST_CONTACT or not context.is_digest_pending(resource_id):
        return Routes(usual)
    pagers = routing.pagers(usual, context.channels)
    if not pagers or result.severity is not Severity.CRITICAL or result.scope.phi is False:
        return Routes(*routing.at_first_sight(usual, context.channels, pages=False))
    alone = context.may_page_alone(resource_id)
    noted = first_pages.note(resource_id, result.control.id, pagers, alone=alone)
    return Routes(*routing.at_first_sight(usual, context.channels, pages=alone), writes=(noted,))
