"""Judge a control that has several sides."""

from collections.abc import Callable, Iterable

from drift.controls.engine import unknown_reason
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix
from drift.model import Control, Outcome, Resource, Verdict

Facet = Callable[[Resource, Estate], Verdict]


def weakest(
    control: Control, facets: Iterable[Facet], resource: Resource, estate: Estate
) -> Verdict:
    """Evaluate a control that has several sides: a failed side decides, then an unknown one.

    An unreadable property makes only its own side unknown; the others can still fail. A side that
    does not apply counts for nothing.
    """
    verdicts = [_side(facet, resource, estate) for facet in facets]
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS):
        sides = [each for each in verdicts if each.outcome is outcome]
        if sides:
            unknown = [each for each in verdicts if each.outcome is Outcome.UNKNOWN]
            shown = sides + unknown if outcome is Outcome.FAIL else sides
            return _merged(control, outcome, sides, shown)
    return verdicts[0]


def _side(facet: Facet, resource: Resource, estate: Estate) -> Verdict:
    try:
        return facet(resource, estate)
    except Unreadable as error:
        return Verdict(Outcome.UNKNOWN, unknown_reason(error))


def _merged(
    control: Control, outcome: Outcome, sides: list[Verdict], shown: list[Verdict]
) -> Verdict:
    fixes = [each.fix for each in sides if each.fix]
    notes = dict.fromkeys(fix.note for fix in fixes if fix.note)
    return Verdict(
        outcome,
        " ".join(dict.fromkeys(each.reason for each in shown)),
        tuple(evidence for each in shown for evidence in each.evidence),
        max((each.severity or control.severity for each in sides), key=lambda each: each.rank),
        Fix(tuple(step for fix in fixes for step in fix.steps), " ".join(notes)) if fixes else None,
    )
