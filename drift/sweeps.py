"""How far the sweep of each subscription has come: one row, so that it outlives any process."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from drift import layout, schedule, work
from drift.codec import decode, encode
from drift.errors import Conflict
from drift.parts import Parts
from drift.ports import Delete, Put, Row, Write
from drift.sweep_rations import Ration
from drift.telling import NET, merged
from drift.work import Work

HOLD: Final = timedelta(minutes=5)
"""How long one who sweeps may be silent until he is taken for dead; no function runs longer."""

LANES: Final = ("0", "1")
"""Sweeps at the same time, of all subscriptions together: the rest of the app stays free."""


class Phase(enum.StrEnum):
    """What a sweep is doing, in this order."""

    CONTAINERS = "groups and subscriptions"
    RESOURCES = "resources"
    GONE = "what is listed no more"
    DONE = "nothing any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How far the sweep of a subscription has come.

    ``after`` leads to the page at hand, ``last`` is what was looked at last in it; among what is
    listed no more they are a partition and a key. ``first``: none has been finished before. ``due``
    is the row that has it gone on with should its message be lost.
    """

    subscription: str
    run: int
    first: bool
    started: datetime
    phase: Phase = Phase.CONTAINERS
    after: str = ""
    last: str = ""
    held_until: datetime | None = None
    ration: Ration | None = None
    due: str = ""
    visited: int = 0
    finished: datetime | None = None

    @property
    def home(self) -> str:
        """Return the id in whose partition the sweep stands."""
        return f"/subscriptions/{self.subscription}"

    def moved_to(self, phase: Phase) -> "Sweep":
        """Return the sweep at the beginning of a phase."""
        return replace(self, phase=phase, after="", last="")


@dataclass(frozen=True, slots=True)
class Step:
    """Where a sweep stands after a message, what that led to, and when it goes on; None: at once."""

    state: Sweep
    work: Work = field(default_factory=Work)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A sweep that is ours for a while, and the row it stands in."""

    state: Sweep
    etag: str


def find(parts: Parts, subscription: str) -> tuple[Sweep | None, str]:
    """Return the last sweep of a subscription and the etag of its row, None and "" for none."""
    home = f"/subscriptions/{subscription}"
    row = parts.store.get(layout.partition(home), _key(home))
    return (decode(Sweep, row.data), row.etag) if row else (None, "")


def begin(parts: Parts) -> Work:
    """Begin a sweep of every subscription; one that is under way goes on by itself."""
    if parts.inventory is None:
        return Work()
    return sum((_begun(parts, each) for each in parts.facts.subscriptions), Work())


def _begun(parts: Parts, subscription: str) -> Work:
    while True:
        before, etag = find(parts, subscription)
        if before and before.phase is not Phase.DONE:
            return Work()
        fresh = Sweep(
            subscription=subscription,
            run=before.run + 1 if before else 1,
            first=before is None,
            started=parts.clock(),
        )
        try:
            return keep(parts, Step(fresh), etag)
        except Conflict:
            continue


def take(parts: Parts, subscription: str, run: int) -> Taken | None:
    """Take a sweep in hand; None where it is over, or somebody goes on with it already."""
    while True:
        state, etag = find(parts, subscription)
        if state is None or state.run != run or state.phase is Phase.DONE:
            return None
        if state.held_until and parts.clock() < state.held_until:
            return None
        held = replace(state, held_until=parts.clock() + HOLD)
        put = Put(_key(state.home), encode(held), etag)
        try:
            parts.store.commit(layout.partition(state.home), [put])
        except Conflict:
            continue
        kept, etag = find(parts, subscription)
        if kept and kept.held_until == held.held_until:
            return Taken(held, etag)


def let_go(parts: Parts, subscription: str, run: int, due_key: str) -> None:
    """End the due row of a sweep that is over; while it goes on, it asks again should that end."""
    state, _ = find(parts, subscription)
    is_over = state is None or state.run != run or state.phase is Phase.DONE
    if due_key and is_over:
        parts.store.commit(layout.partition(f"/subscriptions/{subscription}"), [Delete(due_key)])


def keep(parts: Parts, step: Step, etag: str, spent: Sequence[str] = ()) -> Work:
    """Store where a sweep stands, with the row that has it gone on; raise Conflict if it was taken.

    Return the message that has it gone on at once, unless it is over or must wait.
    """
    state, now = replace(step.state, held_until=None), parts.clock()
    writes: list[Write] = [Delete(each) for each in (state.due, *spent) if each]
    if state.phase is Phase.DONE:
        state, due = replace(state, due=""), None
    else:
        due = _due(state, step.at or now + NET)
        state = replace(state, due=due.key)
        writes.append(due)
    writes.append(Put(_key(state.home), encode(state), etag))
    parts.store.commit(layout.partition(state.home), merged(writes))
    if due is None or step.at:
        return Work()
    return work.queued(work.SWEEP, work.message(**{**due.data, "due": due.key}))


def _due(state: Sweep, at: datetime) -> Put:
    names = layout.digest(state.home), layout.numbered(state.run)
    return schedule.due_put(work.SWEEP, at, *names, subscription=state.subscription, run=state.run)


def _key(home: str) -> str:
    return layout.key("sweep", layout.digest(home))


def enter(parts: Parts, subscription: str) -> Row | None:
    """Return a lane that was free and is ours now, None where there is none."""
    now = parts.clock()
    for each in LANES:
        key = layout.key("lane", each)
        row = parts.store.get(layout.META, key)
        if row is not None and now < datetime.fromisoformat(row.data["until"]):
            continue
        data = {"until": (now + HOLD).isoformat(), "subscription": subscription}
        try:
            parts.store.commit(layout.META, [Put(key, data, row.etag if row else "")])
        except Conflict:
            continue
        return parts.store.get(layout.META, key)
    return None


def leave(parts: Parts, lane: Row) -> None:
    """Give a lane back, unless it has been taken from us."""
    try:
        parts.store.commit(layout.META, [Delete(lane.key, lane.etag)])
    except Conflict:
        return
