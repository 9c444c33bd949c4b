"""Whether sweeps run often enough: otherwise each pause would open MONITOR-BLIND."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cli.doctor_checks.check import Check, warn
from drift.config.ncrontab import parse_schedule
from functions_host.timers.schedule import after

_MOST: Final = 2000
"""Runs of the schedule that are compared: five years of a daily one."""

_NAME: Final = "sweep schedule"


def schedule_check(expression: str, overdue: timedelta, now: datetime) -> Iterator[Check]:
    """Yield a warning where SWEEP_SCHEDULE is never due, or leaves a pause of ``overdue`` or more."""
    runs = list(itertools.islice(_runs(expression, now), _MOST))
    if not runs:
        yield warn(_NAME, "SWEEP_SCHEDULE is never due", "correct it; daily is the default")
        return
    pause = max((later - one for one, later in itertools.pairwise(runs)), default=timedelta.max)
    if pause < overdue:
        return
    apart = f"up to {pause / timedelta(hours=1):.0f} hours apart" if len(runs) > 1 else "once"
    finding = (
        f"sweeps run {apart}, but one is overdue after {overdue / timedelta(hours=1):g}: "
        "MONITOR-BLIND would open in each pause"
    )
    step = "make SWEEP_SCHEDULE daily, or raise timing.sweep_overdue_hours above the pause"
    yield warn(_NAME, finding, step)


def _runs(expression: str, now: datetime) -> Iterator[datetime]:
    schedule, at = parse_schedule(expression), after(parse_schedule(expression), now)
    while at:
        yield at
        at = after(schedule, at)
