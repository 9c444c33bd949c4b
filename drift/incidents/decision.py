"""What a verdict is held against, and what follows from it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift.events import Event
from drift.incidents.lifecycle import Transition
from drift.notices import Found
from drift.outbox.append import OutboxEntry
from drift.outbox.notice_builder import Moment
from drift.ports import Write
from drift.state.incident_record import Incident
from drift.state.resource_record import ControlState


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """What a verdict is held against.

    ``events`` are those that may name who wrote last, ``suspects`` those of them that no read has
    answered for certain: one may be the cause. ``before`` and ``after`` are the watched properties
    then and now (before None: never read). ``rules_changed``: the operator's rules are not those of
    the last verdict. ``certain``: the monitor speaks of itself, by no replica's word.
    ``answered`` are Azure's times of the answers that the verdicts rest on.
    ``doubtful``: something could not be read now. ``found`` is how a failure comes to light,
    ``origin`` the id that the resource had before it was moved.
    """

    resource_id: str
    states: Mapping[str, ControlState]
    open: Mapping[str, Incident]
    events: tuple[Event, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    rules_changed: bool
    moment: Moment
    began: datetime
    answered: tuple[datetime, ...] = ()
    certain: bool = False
    suspects: tuple[Event, ...] = ()
    found: Found = Found.EVENT
    origin: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one verdict; ``incident`` is the one opened, changed or ended, or None."""

    control_id: str
    step: Transition
    state: ControlState
    writes: tuple[Write, ...] = ()
    told: OutboxEntry | None = None
    incident: Incident | None = None


def opened_incidents(decisions: Iterable[Decision]) -> Iterator[Incident]:
    """Yield the incidents that verdicts opened."""
    return (each.incident for each in decisions if each.step is Transition.OPENED and each.incident)
