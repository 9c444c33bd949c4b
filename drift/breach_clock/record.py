"""The stored breach clock of an incident: the steps that the monitor and people took, never rewritten."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from drift.breach import clock as breach_clock
from drift.breach.clock import (
    Basis,
    Clock,
    Factor,
    FactorFinding,
    HumanDecision,
    Knower,
    Knowledge,
    NoticeMade,
    Stage,
)
from drift.breach.deadlines import Counts, LawEnforcementDelay, Recipient
from drift.codec import check_schema, decode, encode, versioned
from drift.errors import NotUnderstood
from drift.extensible import Extensible
from drift.ports import Put, Row, Store
from drift.state import keys, packing
from drift.state.incident_record import Incident
from drift.state.keys import RowKind

KEPT: Final = timedelta(days=2557)
"""More than six years, for which documentation is kept: 45 CFR 164.414(a), 164.530(j)."""


class Action(StrEnum):
    """A step of a clock; stored, never renamed."""

    SUSPECT = "suspect"
    DISCOVER = "discover"
    ASSESS = "assess"
    COUNT = "count"
    DELAY = "delay"
    DECIDE = "decide"
    NOTIFIED = "notified"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep(Extensible):
    """One step: who took it, why, when, and its content; fields that it does not use stay empty.

    ``known_by`` and ``known_at`` say who knew earlier than the first alert. ``until`` is the end of a
    delay, ``stated_on`` the day of the official's statement. ``recipient``, ``state`` and
    ``notified_on`` name a notice that was made.
    """

    action: Action
    by: str
    reason: str
    at: datetime
    basis: Basis | None = None
    known_by: Knower | None = None
    known_at: datetime | None = None
    factor: Factor | None = None
    evidence: tuple[str, ...] = ()
    total: int | None = None
    by_state: Mapping[str, int] | None = None
    official: str = ""
    stated_on: date | None = None
    written: bool = False
    until: date | None = None
    outcome: Stage | None = None
    recipient: Recipient | None = None
    state: str = ""
    notified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord(Extensible):
    """The clock of one incident: its steps in their order, from which the clock follows.

    ``first_alert_at`` is when the incident opened first; a later opening does not move the
    discovery.
    """

    resource_id: str
    control_id: str
    number: int
    first_alert_at: datetime
    steps: tuple[ClockStep, ...] = ()

    @property
    def key(self) -> str:
        """Return the row key."""
        return clock_key(self.resource_id, self.control_id, self.number)

    @property
    def clock(self) -> Clock:
        """Return the clock that follows from the steps; raise NotUnderstood."""
        try:
            return _clock(self.first_alert_at, self.steps)
        except (ValueError, KeyError):
            raise NotUnderstood("ClockRecord.steps", "a step of another version") from None

    def stepped(self, step: ClockStep) -> "ClockRecord":
        """Return the record with one more step; raise ValueError where the stage does not allow it."""
        stage = self.clock.stage if self.steps else None
        if step.action not in _ALLOWED[stage]:
            allowed = ", ".join(_ALLOWED[stage])
            now = f"is {stage}" if stage else "has no clock yet"
            raise ValueError(
                f"an incident that {now} accepts no {step.action}; it accepts {allowed}"
            )
        if not step.by.strip() or not step.reason.strip():
            raise ValueError("a step needs a name and a reason")
        stepped = replace(self, steps=(*self.steps, step))
        _clock(stepped.first_alert_at, stepped.steps)
        return stepped

    def put(self, etag: str) -> Put:
        """Return the write that stores the record; ``etag`` is "" for a new one."""
        named = versioned({"resource": self.resource_id, "control": self.control_id})
        return Put(self.key, {**named, **packing.pack(encode(self), "clock")}, etag)


_RUNNING: Final = (Action.DISCOVER, Action.ASSESS, Action.COUNT, Action.DELAY, Action.DECIDE)

_ALLOWED: Final[Mapping[Stage | None, tuple[Action, ...]]] = {
    None: (Action.SUSPECT, Action.DISCOVER),
    Stage.SUSPECTED: (Action.DISCOVER,),
    Stage.DISCOVERED: _RUNNING,
    Stage.ASSESSING: _RUNNING,
    Stage.LOW_PROBABILITY: (Action.DISCOVER, Action.DECIDE),
    Stage.BREACH: (*_RUNNING, Action.NOTIFIED),
    Stage.NOTIFIED: (Action.COUNT,),
}


def clock_key(resource_id: str, control_id: str, number: int) -> str:
    """Return the row key of the clock of an incident."""
    return keys.row_key(RowKind.CLOCK, keys.digest(resource_id), control_id, keys.numbered(number))


def new_clock(incident: Incident) -> ClockRecord:
    """Return the clock of an incident, without a step."""
    return ClockRecord(
        resource_id=incident.resource_id,
        control_id=incident.control_id,
        number=incident.number,
        first_alert_at=incident.first_opened_at or incident.opened_at,
    )


def key_of(incident: Incident) -> str:
    """Return the row key of an incident's clock."""
    return clock_key(incident.resource_id, incident.control_id, incident.number)


def clock_row(store: Store, incident: Incident) -> Row | None:
    """Return the row of an incident's clock, None where there is none."""
    return store.get(keys.partition(incident.resource_id), key_of(incident))


def clock_in(row: Row) -> ClockRecord:
    """Return the clock in a row; raise NotUnderstood."""
    check_schema(row.data)
    return decode(ClockRecord, packing.unpack(row.data, "clock"))


def is_kept(row: Row, now: datetime) -> bool:
    """Tell whether a clock is kept: while it runs, and six years after its last step.

    One that this version does not understand is kept.
    """
    try:
        record = clock_in(row)
        clock = record.clock
    except NotUnderstood:
        return True
    last = max((each.at for each in record.steps), default=record.first_alert_at)
    return clock.runs or clock.stage is Stage.SUSPECTED or now - last < KEPT


def _clock(first_alert_at: datetime, steps: tuple[ClockStep, ...]) -> Clock:
    clock = Clock()
    for each in steps:
        clock = _TAKEN[each.action](clock, each, first_alert_at)
    return clock


def _discovered(clock: Clock, step: ClockStep, first_alert_at: datetime) -> Clock:
    if step.basis not in set(Basis):
        raise ValueError("say whether access is confirmed or presumed")
    known = [Knowledge(step.known_by or Knower.WORKFORCE, step.known_at)] if step.known_at else []
    at = breach_clock.discovery(first_alert_at, known)
    return breach_clock.discovered(clock, at, Basis(step.basis))


def _assessed(clock: Clock, step: ClockStep, _: datetime) -> Clock:
    if step.factor not in set(Factor):
        raise ValueError(f"name one of the four factors: {', '.join(Factor)}")
    finding = FactorFinding(Factor(step.factor), step.reason, step.evidence)
    return breach_clock.assessed(clock, finding)


def _counted(clock: Clock, step: ClockStep, _: datetime) -> Clock:
    return breach_clock.counted(clock, Counts(step.total, step.by_state))


def _delayed(clock: Clock, step: ClockStep, _: datetime) -> Clock:
    if step.stated_on is None:
        raise ValueError("say on which day the official made the statement")
    delay = LawEnforcementDelay(step.official, step.stated_on, step.written, step.until)
    return breach_clock.delayed(clock, delay)


def _decided(clock: Clock, step: ClockStep, _: datetime) -> Clock:
    if step.outcome not in set(Stage):
        raise ValueError("say what is decided")
    decision = HumanDecision(Stage(step.outcome), step.by, step.reason, step.at)
    return breach_clock.decided(clock, decision)


def _notified(clock: Clock, step: ClockStep, _: datetime) -> Clock:
    if step.recipient not in set(Recipient) or step.notified_on is None:
        raise ValueError("say who was notified, and on which day")
    notice = NoticeMade(Recipient(step.recipient), step.notified_on, step.state)
    return breach_clock.noticed(clock, notice)


_TAKEN: Final[Mapping[Action, Callable[[Clock, ClockStep, datetime], Clock]]] = {
    Action.SUSPECT: lambda clock, _, __: clock,
    Action.DISCOVER: _discovered,
    Action.ASSESS: _assessed,
    Action.COUNT: _counted,
    Action.DELAY: _delayed,
    Action.DECIDE: _decided,
    Action.NOTIFIED: _notified,
}
