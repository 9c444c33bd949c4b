"""Evaluate a control that has several sides."""

from collections.abc import Callable, Iterable
from itertools import chain

from drift.controls.engine import unknown_reason
from drift.errors import NotYetRead, Unreadable
from drift.estate import Estate
from drift.fixes import Fix
from drift.model import Control, Outcome, Resource, Severity, Verdict

Facet = Callable[[Resource, Estate], Verdict]


def weakest(
    control: Control, facets: Iterable[Facet], resource: Resource, estate: Estate
) -> Verdict:
    """Evaluate a control that has several sides: a failed side decides, then an unknown one.

    An unreadable property makes only its own side unknown; the others can still fail. A side that
    does not apply counts for nothing.
    """
    verdicts = _sides(facets, resource, estate)
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS):
        sides = [each for each in verdicts if each.outcome is outcome]
        if sides:
            shown = sides
            if outcome is Outcome.FAIL:
                shown = sides + [each for each in verdicts if each.outcome is Outcome.UNKNOWN]
            return _merged(control, outcome, sides, shown)
    return verdicts[0]


def _sides(facets: Iterable[Facet], resource: Resource, estate: Estate) -> list[Verdict]:
    """Return the verdict of each side; raise NotYetRead once every side has asked for its documents."""
    verdicts, waits = [], None
    for facet in facets:
        try:
            verdicts.append(_side(facet, resource, estate))
        except NotYetRead as error:
            waits = error
    if waits:
        raise waits
    return verdicts


def _side(facet: Facet, resource: Resource, estate: Estate) -> Verdict:
    try:
        return facet(resource, estate)
    except Unreadable as error:
        return Verdict(Outcome.UNKNOWN, unknown_reason(error))


def _merged(
    control: Control, outcome: Outcome, sides: list[Verdict], shown: list[Verdict]
) -> Verdict:
    fixes = [each.fix for each in sides if each.fix]
    return Verdict(
        outcome,
        " ".join(dict.fromkeys([each.reason for each in shown])),
        tuple(chain.from_iterable([each.evidence for each in shown])),
        _highest(control, sides),
        _joined(fixes) if fixes else None,
    )


def _joined(fixes: list[Fix]) -> Fix:
    """Return the steps of all fixes as one, with each note once."""
    notes = dict.fromkeys(fix.note for fix in fixes if fix.note)
    return Fix(tuple(step for fix in fixes for step in fix.steps), " ".join(notes))


def _highest(control: Control, sides: list[Verdict]) -> Severity:
    """Return the highest severity of the sides; a side without one has the control's."""
    severities = {each.severity or control.severity for each in sides}
    return max(severities, key=lambda each: each.rank)
