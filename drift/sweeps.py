"""How far the sweep of each subscription has come: one row, so that it outlives any process."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from drift import layout, queue_messages, schedule
from drift.codec import decode, encode
from drift.errors import Conflict
from drift.ports import Delete, Put, Row, Store, Write
from drift.queue_messages import Work
from drift.services import Parts
from drift.sweep_rations import Ration
from drift.telling import NET, merged

HOLD: Final = timedelta(minutes=5)
"""How long one who sweeps may be silent until he is taken for dead; no function runs longer."""

_STRAGGLERS: Final = timedelta(minutes=3)
"""How long a digest waits for looks that are under way, or whose reader has died."""

_LAST_MINUTE: Final = timedelta(minutes=1)
"""Before the digest: what is decided then may be stored too late for it, and is told by itself."""

LANES: Final = ("0", "1")
"""Sweeps at the same time, of all subscriptions together: the rest of the app stays free."""


class Phase(enum.StrEnum):
    """What a sweep is doing, in this order."""

    CONTAINERS = "groups and subscriptions"
    RESOURCES = "resources"
    GONE = "what is listed no more"
    DIGEST = "waits with the digest of a first sweep"
    DONE = "nothing any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How far the sweep of a subscription has come.

    ``after`` leads to the page at hand, ``last`` is what was looked at last in it; among what is
    listed no more they are a partition and a key. ``first``: none has been finished before. ``due``
    is the row that has it gone on with should its message be lost. ``visited`` counts resources, also
    those that stand in their parent's row. ``digest_at`` is when people are told what the first
    sweep found.
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
    digest_at: datetime | None = None

    @property
    def home(self) -> str:
        """Return the id in whose partition the sweep stands."""
        return f"/subscriptions/{self.subscription}"

    def in_next_phase(self, now: datetime) -> "Sweep":
        """Return the sweep at the beginning of its next phase."""
        phases = list(Phase)
        phase = phases[phases.index(self.phase) + 1]
        fresh = replace(self, after="", last="")
        if phase is Phase.DIGEST and self.first:
            return replace(fresh, phase=phase, digest_at=now + _STRAGGLERS)
        if phase in (Phase.DIGEST, Phase.DONE):
            return replace(fresh, phase=Phase.DONE, finished=now)
        return replace(fresh, phase=phase)

    def will_tell(self, now: datetime) -> bool:
        """Tell whether what is found now at first sight will stand in the digest."""
        if not self.first or self.phase is Phase.DONE:
            return False
        return self.digest_at is None or now < self.digest_at - _LAST_MINUTE


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


def find(store: Store, subscription: str) -> tuple[Sweep | None, str]:
    """Return the last sweep of a subscription and the etag of its row, None and "" for none."""
    home = f"/subscriptions/{subscription}"
    row = store.get(layout.partition(home), _key(home))
    return (decode(Sweep, row.data), row.etag) if row else (None, "")


def begin(parts: Parts) -> Work:
    """Begin a sweep of every subscription; one that is under way goes on by itself."""
    if parts.inventory is None:
        return Work()
    return sum((_begun(parts, each) for each in parts.facts.subscriptions), Work())


def _begun(parts: Parts, subscription: str) -> Work:
    while True:
        before, etag = find(parts.store, subscription)
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
        state, etag = find(parts.store, subscription)
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
        kept, etag = find(parts.store, subscription)
        if kept and kept.held_until == held.held_until:
            return Taken(held, etag)


def still_taken(parts: Parts, taken: Taken) -> Taken | None:
    """Return a sweep that we have in hand with its row as it is now, None where it is another's."""
    state, etag = find(parts.store, taken.state.subscription)
    return Taken(taken.state, etag) if state == taken.state else None


def let_go(parts: Parts, subscription: str, run: int, due_key: str) -> None:
    """End the due row of a sweep that is over; while it goes on, it asks again should that end."""
    state, _ = find(parts.store, subscription)
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
    return queue_messages.queued(
        queue_messages.SWEEP, queue_messages.message(**{**due.data, "due": due.key})
    )


def _due(state: Sweep, at: datetime) -> Put:
    names = layout.digest(state.home), layout.numbered(state.run)
    return schedule.due_put(
        queue_messages.SWEEP, at, *names, subscription=state.subscription, run=state.run
    )


def _key(home: str) -> str:
    return layout.key("sweep", layout.digest(home))


def enter(parts: Parts, subscription: str) -> Row | None:
    """Return a lane that was free and is ours now, None where there is none."""
    lanes = (_entered(parts, layout.key("lane", each), subscription) for each in LANES)
    return next((each for each in lanes if each), None)


def _entered(parts: Parts, key: str, subscription: str) -> Row | None:
    while True:
        row, now = parts.store.get(layout.META, key), parts.clock()
        if row is not None and now < datetime.fromisoformat(row.data["until"]):
            return None
        data = {"until": (now + HOLD).isoformat(), "subscription": subscription}
        try:
            parts.store.commit(layout.META, [Put(key, data, row.etag if row else "")])
        except Conflict:
            continue
        return parts.store.get(layout.META, key)


def leave(parts: Parts, lane: Row) -> None:
    """Give a lane back, unless it has been taken from us."""
    row: Row | None = lane
    while row is not None and row.data == lane.data:
        try:
            parts.store.commit(layout.META, [Delete(row.key, row.etag)])
        except Conflict:
            row = parts.store.get(layout.META, lane.key)
            continue
        return
