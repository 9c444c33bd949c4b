"""End what no verdict will end: controls that are switched off, and resources that are gone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from drift.controls.engine import Judgement
from drift.estate import Scope
from drift.incidents.decide import end
from drift.incidents.decision import Case, Ruling
from drift.incidents.lifecycle import Step
from drift.model import Outcome, Verdict
from drift.notices import Closure
from drift.services import Parts
from drift.state.status_index import marks


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a control's verdict, and in which words its incident ends."""

    verdict: Verdict
    closure: Closure


DELETED: Final = Ending(Verdict(Outcome.UNKNOWN, "the resource was deleted"), Closure.DELETED)


def moved(to: str) -> Ending:
    """Return what becomes of the verdicts on a resource that has another id now."""
    return Ending(
        Verdict(Outcome.UNKNOWN, f"the resource was moved: it is now {to}"), Closure.MOVED
    )


SWITCHED_OFF: Final = Ending(
    Verdict(Outcome.NOT_APPLICABLE, "the control is switched off"), Closure.NO_LONGER_REQUIRED
)


def ended(parts: Parts, case: Case, controls: Iterable[str], ending: Ending) -> list[Ruling]:
    """Return the end of these controls' incidents, and of what could not be told of them."""
    return [_ended(parts, case, each, ending) for each in controls]


def _ended(parts: Parts, case: Case, control_id: str, ending: Ending) -> Ruling:
    before, incident = case.states[control_id], case.open.get(control_id)
    state = replace(before, outcome=ending.verdict.outcome, unknown_since=None, unknown_told=False)
    marked = marks(case.resource_id, control_id, before, state)
    if incident is None:
        return Ruling(control_id, Step.STILL_FINE, state, tuple(marked))
    scope = Scope(incident.phi, incident.phi_reason)
    judgement = Judgement(parts.control(control_id), ending.verdict, None, scope)
    ruling = end(parts, case, judgement, state=state, closure=ending.closure)
    return replace(ruling, writes=(*ruling.writes, *marked))
