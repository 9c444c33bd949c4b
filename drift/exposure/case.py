"""An exposed resource as the module of its service gets it, and what such a module says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drift.access.ports import AccessLog, Metrics
from drift.access.record import Exposure
from drift.exposure.callers import Own
from drift.exposure.questions import Questions
from drift.exposure.window import Window
from drift.state.resource_record import ControlState

FIRST: Final = timedelta(seconds=15)
"""The alert goes first: by then it has been sent."""

ASKED_AFTER: Final = (
    FIRST,
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=24),
    timedelta(hours=48),
    timedelta(hours=72),
)
"""When it is asked after an opening, and again after its end. Rows of a log arrive within minutes as a rule;
the last two times are for sources that did not answer before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An exposed resource: which control failed, from when until when, and whom to ask.

    ``controls`` are the states of all controls of the resource; ``admin_ports`` must be closed.
    """

    resource: str
    control: str
    window: Window
    own: Own
    controls: Mapping[str, ControlState]
    admin_ports: tuple[int, ...]
    log: AccessLog | None
    metrics: Metrics | None
    clock: Callable[[], datetime]

    def questions(self) -> Questions:
        """Return the questions to the log, none of them asked yet."""
        return Questions(self.window, log=self.log, now=self.clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """What the module of one service says: for which controls it asks, when, and how it answers."""

    controls: frozenset[str]
    ask: Callable[[Case], Exposure]
    asked_after: tuple[timedelta, ...] = ASKED_AFTER
