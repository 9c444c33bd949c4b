"""Which deadlines a clock has, and for which of them no notice is recorded yet."""

from drift.breach.clock import Clock, Stage
from drift.breach.deadlines import Deadline, NoticeRules, deadlines
from drift.breach.local_days import local_day

_OVER = frozenset({Stage.LOW_PROBABILITY, Stage.NOTIFIED})


def deadlines_of(clock: Clock, rules: NoticeRules, zone: str) -> tuple[Deadline, ...]:
    """Return every deadline that follows from the discovery, none while access is only suspected."""
    if clock.discovered_at is None:
        return ()
    day = local_day(clock.discovered_at, zone)
    return deadlines(day, rules=rules, counts=clock.counts, delays=clock.delays)


def still_due(clock: Clock, rules: NoticeRules, zone: str) -> tuple[Deadline, ...]:
    """Return the deadlines without a recorded notice, none after the clock has ended."""
    if clock.stage in _OVER:
        return ()
    return unanswered(clock, rules, zone)


def unanswered(clock: Clock, rules: NoticeRules, zone: str) -> tuple[Deadline, ...]:
    """Return the deadlines without a recorded notice, at any stage."""
    every = deadlines_of(clock, rules, zone)
    return tuple(each for each in every if not any(made.covers(each) for made in clock.notices))
