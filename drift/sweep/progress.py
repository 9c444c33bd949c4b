"""The progress of the sweep of each subscription: one row, so that it outlives any process."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.codec import encode, is_known, versioned
from drift.detector import Detectors, detectors_of
from drift.errors import Conflict
from drift.ports import Delete, Inventory, Put, Store, Write
from drift.queues import outbound
from drift.queues.messages import SweepMessage, WakeMessage
from drift.queues.outbound import Outbound
from drift.services import AppInfo
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.resource_record import is_stored
from drift.state.sweep_state import (
    Phase,
    Sweep,
    find_sweep,
    find_sweep_of_any_version,
    sweep_key,
)
from drift.state.update import retry_on_conflict
from drift.trace import trace

log: Final = logging.getLogger("drift.sweep.progress")

HOLD: Final = timedelta(minutes=5)
"""How long a lease lasts; no function runs longer, so a lease that has expired has no owner."""


SECOND: Final = timedelta(minutes=15)
"""The time between a first sweep and the sweep that follows it.

No event reports a write just before the first one, and a row of Resource Graph may be minutes old.
"""


@dataclass(frozen=True, slots=True)
class SweepStep:
    """The state of a sweep after a message, the resulting messages, and when it continues.

    ``at`` None: at once.
    """

    state: Sweep
    outbound: Outbound = field(default_factory=Outbound)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SweepLease:
    """A sweep that this process has leased, and its row."""

    state: Sweep
    etag: str


def begin_sweeps(
    store: Store, inventory: Inventory | None, subscriptions: Sequence[str], now: datetime
) -> Outbound:
    """Begin a sweep of each subscription; a running sweep continues by itself.

    Without an inventory nothing can be swept.
    """
    if inventory is None:
        return Outbound()
    return sum((_begin(store, each, now) for each in subscriptions), Outbound())


def sweep_tenant(store: Store, app: AppInfo, detectors: Detectors) -> Outbound:
    """Return the message that evaluates the tenant, if AZURE_TENANT_ID names one.

    From then on a poll evaluates it regularly, because no event reports its changes.
    """
    return _evaluated(store, app.tenant, ids.TENANT, detectors)


def sweep_management_group(store: Store, app: AppInfo, detectors: Detectors) -> Outbound:
    """Return the message that evaluates the management group, if a setting names one.

    As for a tenant, a poll evaluates it from then on: its events reach no subscription.
    """
    return _evaluated(store, app.management_group_id, ids.MANAGEMENT_GROUP, detectors)


def _evaluated(store: Store, resource: str, kind: str, detectors: Detectors) -> Outbound:
    """Return the message that evaluates a resource; what the first one finds was there before."""
    if not resource or not detectors_of(detectors, kind):
        return Outbound()
    reason = due_rows.SWEEP if is_stored(store, resource) else due_rows.CONTACT
    return Outbound(background=(WakeMessage(resource=resource, reason=reason).text,))


def begin_second(
    store: Store, subscription: str, run: int, *, now: datetime, due_key: str
) -> Outbound:
    """Begin the second sweep after a first one, unless another sweep has begun since."""
    state, _ = find_sweep_of_any_version(store, subscription, now)
    is_next = state is not None and not state.is_under_way and state.run + 1 == run
    return _begin(store, subscription, now, spent=[due_key]) if is_next else Outbound()


def _begin(
    store: Store, subscription: str, now: datetime, *, spent: Sequence[str] = ()
) -> Outbound:
    def attempt() -> Outbound:
        before, etag = find_sweep_of_any_version(store, subscription, now)
        if before and before.is_under_way:
            return Outbound()
        sweep = _next(subscription, before, now)
        follow_up = store_progress(store, SweepStep(sweep), etag, now=now, spent=spent)
        trace(log, "sweep-began", subscription=subscription, run=sweep.run, first=sweep.first)
        return follow_up

    return retry_on_conflict(subscription, attempt)


def _next(subscription: str, before: Sweep | None, now: datetime) -> Sweep:
    """Return the sweep after another one; it is the first until one that saw everything has ended."""
    if before is None:
        return Sweep(subscription=subscription, run=1, first=True, started=now)
    return Sweep(
        subscription=subscription,
        run=before.run + 1,
        first=before.first and not (is_known(before.phase) and before.has_seen_all),
        started=now,
        gaps_before=before.gaps or before.gaps_before,
        gaps_since=before.gaps_since,
        last_good=before.last_good or (None if before.gaps else before.finished),
        empty_run=before.last_empty_run,
        since=before.started,
    )


def take_sweep(store: Store, subscription: str, run: int, *, now: datetime) -> SweepLease | None:
    """Lease a sweep; return None if it is over, or another process has leased it."""

    def attempt() -> SweepLease | None:
        state, etag = find_sweep(store, subscription)
        if state is None or state.run != run or not state.is_under_way:
            return None
        if state.held_until and now < state.held_until:
            return None
        leased = replace(state, held_until=now + HOLD)
        put = Put(sweep_key(state.home), versioned(encode(leased)), etag)
        store.commit(keys.partition(state.home), [put])
        kept, etag = find_sweep(store, subscription)
        if kept is None or kept.held_until != leased.held_until:
            raise Conflict("another process has leased the sweep since")
        return SweepLease(leased, etag)

    return retry_on_conflict(subscription, attempt)


def renewed_lease(store: Store, lease: SweepLease) -> SweepLease | None:
    """Return a lease with its present row, None if another process has taken the sweep."""
    state, etag = find_sweep(store, lease.state.subscription)
    return SweepLease(lease.state, etag) if state == lease.state else None


def end_due_row(store: Store, subscription: str, run: int, due_key: str) -> None:
    """Delete the due row of a sweep that is over; it stays while the process that sweeps may end."""
    state, _ = find_sweep(store, subscription)
    is_over = state is None or state.run != run or state.phase is Phase.DONE
    if due_key and is_over:
        store.commit(keys.partition(f"/subscriptions/{subscription}"), [Delete(due_key)])


def store_progress(
    store: Store, step: SweepStep, etag: str, *, now: datetime, spent: Sequence[str] = ()
) -> Outbound:
    """Store the state of a sweep with its due row; raise Conflict if another process took it.

    Return the message that continues it at once, unless it is over or must wait.
    """
    state = replace(step.state, held_until=None)
    writes: list[Write] = [Delete(each) for each in (state.due, *spent) if each]
    if state.phase is Phase.DONE:
        state, due = replace(state, due=""), None
        if state.first and state.has_seen_all:
            writes.append(_due(replace(state, run=state.run + 1), now + SECOND))
    else:
        due = _due(state, step.at or now + REDELIVERY_DELAY)
        state = replace(state, due=due.key)
        writes.append(due)
    writes.append(Put(sweep_key(state.home), versioned(encode(state)), etag))
    store.commit(keys.partition(state.home), one_write_per_key(writes))
    if due is None or step.at:
        return Outbound()
    return outbound.of_row(due.key, due.data)


def _due(state: Sweep, at: datetime) -> Put:
    names = keys.digest(state.home), keys.numbered(state.run)
    message = SweepMessage(subscription=state.subscription, run=state.run)
    return due_rows.due_put(message, at, *names)
