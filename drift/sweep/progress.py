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
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.keys import RowKind
from drift.state.sweep_state import Phase, Sweep, find_sweep, row_key

log: Final = logging.getLogger("drift.sweep.progress")

HOLD: Final = timedelta(minutes=5)
"""How long one who sweeps may be silent until he is taken for dead; no function runs longer."""


LANES: Final = ("0", "1")
"""Sweeps at the same time, of all subscriptions together: the rest of the app stays free."""


@dataclass(frozen=True, slots=True)
class SweepStep:
    """Where a sweep stands after a message, what that led to, and when it goes on; None: at once."""

    state: Sweep
    outbound: Outbound = field(default_factory=Outbound)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SweepLease:
    """A sweep that is ours for a while, and the row it stands in."""

    state: Sweep
    etag: str


def begin_sweeps(services: Services) -> Outbound:
    """Begin a sweep of every subscription; one that is under way goes on by itself."""
    if services.inventory is None:
        return Outbound()
    return sum((_begun(services, each) for each in services.facts.subscriptions), Outbound())


def _begun(services: Services, subscription: str) -> Outbound:
    while True:
        try:
            before, etag = find_sweep(services.store, subscription)
        except NotUnderstood as error:
            log.warning("no sweep of subscription %s begins: %s", subscription, error)
            return Outbound()
        if before and before.is_under_way:
            return Outbound()
        fresh = Sweep(
            subscription=subscription,
            run=before.run + 1 if before else 1,
            first=before is None or (before.first and not is_known(before.phase)),
            started=services.clock(),
        )
        try:
            return store_progress(services, SweepStep(fresh), etag)
        except Conflict:
            continue


def take_sweep(services: Services, subscription: str, run: int) -> SweepLease | None:
    """Take a sweep in hand; None where it is over, or somebody goes on with it already."""
    while True:
        state, etag = find_sweep(services.store, subscription)
        if state is None or state.run != run or not state.is_under_way:
            return None
        if state.held_until and services.clock() < state.held_until:
            return None
        held = replace(state, held_until=services.clock() + HOLD)
        put = Put(row_key(state.home), versioned(encode(held)), etag)
        try:
            services.store.commit(keys.partition(state.home), [put])
        except Conflict:
            continue
        kept, etag = find_sweep(services.store, subscription)
        if kept and kept.held_until == held.held_until:
            return SweepLease(held, etag)


def renewed_lease(services: Services, taken: SweepLease) -> SweepLease | None:
    """Return a sweep that we have in hand with its row as it is now, None where it is another's."""
    state, etag = find_sweep(services.store, taken.state.subscription)
    return SweepLease(taken.state, etag) if state == taken.state else None


def end_due_row(services: Services, subscription: str, run: int, due_key: str) -> None:
    """End the due row of a sweep that is over; while it goes on, it asks again should that end."""
    state, _ = find_sweep(services.store, subscription)
    is_over = state is None or state.run != run or state.phase is Phase.DONE
    if due_key and is_over:
        services.store.commit(keys.partition(f"/subscriptions/{subscription}"), [Delete(due_key)])


def store_progress(
    services: Services, step: SweepStep, etag: str, spent: Sequence[str] = ()
) -> Outbound:
    """Store where a sweep stands, with the row that has it gone on; raise Conflict if it was taken.

    Return the message that has it gone on at once, unless it is over or must wait.
    """
    state, now = replace(step.state, held_until=None), services.clock()
    writes: list[Write] = [Delete(each) for each in (state.due, *spent) if each]
    if state.phase is Phase.DONE:
        state, due = replace(state, due=""), None
    else:
        due = _due(state, step.at or now + REDELIVERY_DELAY)
        state = replace(state, due=due.key)
        writes.append(due)
    writes.append(Put(row_key(state.home), versioned(encode(state)), etag))
    services.store.commit(keys.partition(state.home), one_write_per_key(writes))
    if due is None or step.at:
        return Outbound()
    return outbound.of_row(due.key, due.data)


def _due(state: Sweep, at: datetime) -> Put:
    names = keys.digest(state.home), keys.numbered(state.run)
    message = SweepMessage(subscription=state.subscription, run=state.run)
    return due_rows.due_put(message, at, *names)


def enter_lane(services: Services, subscription: str) -> Row | None:
    """Return a lane that was free and is ours now, None where there is none."""
    lanes = (_entered(services, keys.key(RowKind.LANE, each), subscription) for each in LANES)
    return next((each for each in lanes if each), None)


def _entered(services: Services, key: str, subscription: str) -> Row | None:
    while True:
        row, now = services.store.get(keys.META, key), services.clock()
        if row is not None and now < datetime.fromisoformat(row.data["until"]):
            return None
        data = versioned({"until": (now + HOLD).isoformat(), "subscription": subscription})
        try:
            services.store.commit(keys.META, [Put(key, data, row.etag if row else "")])
        except Conflict:
            continue
        return services.store.get(keys.META, key)


def leave_lane(services: Services, lane: Row) -> None:
    """Give a lane back, unless it has been taken from us."""
    row: Row | None = lane
    while row is not None and row.data == lane.data:
        try:
            services.store.commit(keys.META, [Delete(row.key, row.etag)])
        except Conflict:
            row = services.store.get(keys.META, lane.key)
            continue
        return
