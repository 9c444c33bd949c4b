"""How far the sweep of each subscription has come: one row, so that it outlives any process."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import encode, is_known, versioned
from drift.errors import Conflict, NotUnderstood
from drift.ports import Delete, Put, Row, Write
from drift.queues import outbound
from drift.queues.messages import SweepMessage
from drift.queues.outbound import Work
from drift.services import Parts
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.keys import RowKind
from drift.state.sweep_state import Phase, Sweep, find, row_key

log: Final = logging.getLogger("drift.sweep.progress")

HOLD: Final = timedelta(minutes=5)
"""How long one who sweeps may be silent until he is taken for dead; no function runs longer."""


LANES: Final = ("0", "1")
"""Sweeps at the same time, of all subscriptions together: the rest of the app stays free."""


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


def begin(parts: Parts) -> Work:
    """Begin a sweep of every subscription; one that is under way goes on by itself."""
    if parts.inventory is None:
        return Work()
    return sum((_begun(parts, each) for each in parts.facts.subscriptions), Work())


def _begun(parts: Parts, subscription: str) -> Work:
    while True:
        try:
            before, etag = find(parts.store, subscription)
        except NotUnderstood as error:
            log.warning("no sweep of subscription %s begins: %s", subscription, error)
            return Work()
        if before and before.is_under_way:
            return Work()
        fresh = Sweep(
            subscription=subscription,
            run=before.run + 1 if before else 1,
            first=before is None or (before.first and not is_known(before.phase)),
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
        if state is None or state.run != run or not state.is_under_way:
            return None
        if state.held_until and parts.clock() < state.held_until:
            return None
        held = replace(state, held_until=parts.clock() + HOLD)
        put = Put(row_key(state.home), versioned(encode(held)), etag)
        try:
            parts.store.commit(keys.partition(state.home), [put])
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
        parts.store.commit(keys.partition(f"/subscriptions/{subscription}"), [Delete(due_key)])


def keep(parts: Parts, step: Step, etag: str, spent: Sequence[str] = ()) -> Work:
    """Store where a sweep stands, with the row that has it gone on; raise Conflict if it was taken.

    Return the message that has it gone on at once, unless it is over or must wait.
    """
    state, now = replace(step.state, held_until=None), parts.clock()
    writes: list[Write] = [Delete(each) for each in (state.due, *spent) if each]
    if state.phase is Phase.DONE:
        state, due = replace(state, due=""), None
    else:
        due = _due(state, step.at or now + REDELIVERY_DELAY)
        state = replace(state, due=due.key)
        writes.append(due)
    writes.append(Put(row_key(state.home), versioned(encode(state)), etag))
    parts.store.commit(keys.partition(state.home), one_write_per_key(writes))
    if due is None or step.at:
        return Work()
    return outbound.of_row(due.key, due.data)


def _due(state: Sweep, at: datetime) -> Put:
    names = keys.digest(state.home), keys.numbered(state.run)
    message = SweepMessage(subscription=state.subscription, run=state.run)
    return due_rows.due_put(message, at, *names)


def enter(parts: Parts, subscription: str) -> Row | None:
    """Return a lane that was free and is ours now, None where there is none."""
    lanes = (_entered(parts, keys.key(RowKind.LANE, each), subscription) for each in LANES)
    return next((each for each in lanes if each), None)


def _entered(parts: Parts, key: str, subscription: str) -> Row | None:
    while True:
        row, now = parts.store.get(keys.META, key), parts.clock()
        if row is not None and now < datetime.fromisoformat(row.data["until"]):
            return None
        data = versioned({"until": (now + HOLD).isoformat(), "subscription": subscription})
        try:
            parts.store.commit(keys.META, [Put(key, data, row.etag if row else "")])
        except Conflict:
            continue
        return parts.store.get(keys.META, key)


def leave(parts: Parts, lane: Row) -> None:
    """Give a lane back, unless it has been taken from us."""
    row: Row | None = lane
    while row is not None and row.data == lane.data:
        try:
            parts.store.commit(keys.META, [Delete(row.key, row.etag)])
        except Conflict:
            row = parts.store.get(keys.META, lane.key)
            continue
        return
