"""An exposed resource as input of its service's module, and the contract of such a module."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drift.access.ports import AccessLog, Metrics
from drift.access.record import Exposure
from drift.estate import Baseline
from drift.exposure.callers import Own
from drift.exposure.questions import Questions
from drift.exposure.window import Window
from drift.model import Evidence
from drift.ports import Reader
from drift.state.resource_record import ControlState

FIRST: Final = timedelta(seconds=15)
"""The alert has priority: it has been sent by then."""

ASKED_AFTER: Final = (
    FIRST,
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=24),
    timedelta(hours=48),
    timedelta(hours=72),
)
"""When the logs are queried after an opening, and again after its end.

Rows of a log usually arrive within minutes; the last two times are for sources that did not answer before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An exposed resource: the failed control, the window, and the sources to query.

    ``controls`` are the states of all controls of the resource, ``evidence`` is that of the incident;
    ``baseline`` has what the operator approved; ``reader`` shows who has which directory role.
    """

    resource: str
    control: str
    window: Window
    own: Own
    controls: Mapping[str, ControlState]
    evidence: tuple[Evidence, ...]
    baseline: Baseline
    reader: Reader
    log: AccessLog | None
    metrics: Metrics | None
    clock: Callable[[], datetime]

    def questions(self) -> Questions:
        """Return the questions to the log, not asked yet."""
        return Questions(self.window, log=self.log, now=self.clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """The contract of one service's module: its controls, its times, and its answer.

    ``only`` is the one type of resources of which it is asked, "" for all that the controls judge.
    """

    controls: frozenset[str]
    ask: Callable[[Case], Exposure]
    only: str = ""
    asked_after: tuple[timedelta, ...] = ASKED_AFTER
