"""Decide the next transition of an incident from a new verdict and the state on record."""

import enum

from drift.model import Outcome
from drift.notices import Closure
from drift.state.resource_record import ControlState


class Transition(enum.StrEnum):
    """What a verdict does to an incident, with the reason for log lines; the values are not stored."""

    OPENED = "it fails and no incident was open"
    CHANGED = "it still fails, but in another way"
    STILL_OPEN = "it still fails as before"
    ENDED = "it no longer fails"
    UNSETTLED = (
        "it passes soon after it failed, or an event is not confirmed yet: a later read must confirm "
        "the pass"
    )
    EXCEPTED = "an exception covers the failure"
    TOLERATED = "an exception covers the failure, and no incident was open"
    STILL_FINE = "it does not fail and no incident was open"
    CANNOT_TELL = "the verdict is unknown: it opens nothing and closes nothing"


def next_transition(
    outcome: Outcome, state: ControlState | None, *, changed: bool, settled: bool
) -> Transition:
    """Return the transition for a new outcome and the state on record (None: never evaluated).

    ``changed``: the failure differs from the one on record. ``settled``: the last failing read is so
    old that no lagging replica can have given this answer, and no unproved event may have overtaken it.
    """
    is_open = state is not None and state.open
    known = state is not None and state.outcome is outcome
    match outcome:
        case Outcome.UNKNOWN:
            return Transition.CANNOT_TELL
        case Outcome.FAIL if not is_open:
            return Transition.OPENED
        case Outcome.FAIL:
            return Transition.CHANGED if changed else Transition.STILL_OPEN
        case Outcome.EXCEPTED if not is_open:
            return Transition.STILL_FINE if known else Transition.TOLERATED
        case _ if not is_open:
            return Transition.STILL_FINE
        case Outcome.EXCEPTED:
            return Transition.EXCEPTED
        case _:
            return Transition.ENDED if settled else Transition.UNSETTLED


def closure_of(outcome: Outcome, *, properties_changed: bool, rules_changed: bool) -> Closure:
    """Return why an incident closed: fixed only if a watched property changed, or no rule changed.

    A resource that is no longer PHI counts as a changed rule, because controls require less of it.
    """
    if outcome is Outcome.EXCEPTED:
        return Closure.EXCEPTED
    if outcome is Outcome.NOT_APPLICABLE:
        return Closure.NO_LONGER_REQUIRED
    if rules_changed and not properties_changed:
        return Closure.NO_LONGER_REQUIRED
    return Closure.FIXED
