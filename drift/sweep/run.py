"""The sweep: compare all resources in Resource Graph with the record, for changes without an event.

It works page by page, with few reads a minute and two subscriptions at a time, so that events never
wait for it. If a row differs from the record, the resource is evaluated through ARM, like an event.
The sweep itself delivers the results, so that the queues stay short.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.errors import Conflict, SourceUnavailable
from drift.observation.sweep_budget import SweepBudgetReader
from drift.ports import UNKNOWN_PAGE
from drift.queues.outbound import Outbound
from drift.self_monitoring import event_silence, sweep_health
from drift.services import Services
from drift.state.sweep_state import Phase, ReadBudget, Sweep
from drift.state.update import retry_on_conflict
from drift.sweep import first_contact_digest, first_contact_page
from drift.sweep.lanes import LANE_PAUSE, enter_lane, leave_lane
from drift.sweep.progress import (
    SweepLease,
    SweepStep,
    begin_second,
    end_due_row,
    renewed_lease,
    store_progress,
    take_sweep,
)
from drift.sweep.proof import compared
from drift.sweep.walk import Deliver, Walk
from drift.trace import trace

log: Final = logging.getLogger("drift.sweep.run")


_PAUSE: Final = timedelta(seconds=60)
"""How long a sweep waits after a refusal of Resource Graph without a Retry-After."""


def on_sweep(
    services: Services, subscription: str, run: int, due_key: str, *, deliver: Deliver
) -> Outbound:
    """Continue a sweep for as long as BUDGET."""
    store = services.store
    lease = take_sweep(store, subscription, run, now=services.clock())
    if lease is None:
        follow_up = Outbound()
        if subscription in services.facts.subscriptions:
            now = services.clock()
            follow_up = begin_second(store, subscription, run, now=now, due_key=due_key)
        end_due_row(store, subscription, run, due_key)
        return follow_up
    lane = enter_lane(store, subscription, now=services.clock())
    if lane is None:
        step = SweepStep(lease.state, at=services.clock() + LANE_PAUSE)
    else:
        step = _continue(services, lease.state, deliver)
        leave_lane(store, lane)
    event_silence.decide_after(store, step.state, services.clock())
    follow_up = _store_step(services, step, lease, due_key)
    return step.outbound + follow_up + sweep_health.review(lease.state, step.state)


def _store_step(services: Services, step: SweepStep, lease: SweepLease, due_key: str) -> Outbound:
    """Store the state of the sweep, unless the lease has expired and another process has taken it."""
    store, current = services.store, lease

    def attempt() -> Outbound:
        nonlocal current
        try:
            now, spent = services.clock(), (due_key,)
            return store_progress(store, step, current.etag, now=now, spent=spent)
        except Conflict:
            renewed = renewed_lease(store, lease)
            if renewed is None:
                return Outbound()
            current = renewed
            raise

    follow_up = retry_on_conflict(lease.state.home, attempt)
    state = step.state
    if state.phase is Phase.DONE:
        trace(
            log,
            "sweep-ended",
            subscription=state.subscription,
            run=state.run,
            visited=state.visited,
            gaps=state.gaps or None,
        )
    return follow_up


def _continue(services: Services, state: Sweep, deliver: Deliver) -> SweepStep:
    """Sweep until the time or the read budget is used up; wait if a source fails."""
    if state.phase is Phase.DIGEST:
        return _send_digest(services, state)
    if not state.proved:
        step = _compare(services, state)
        if not step.state.proved:
            return step
        state = step.state
    reader = SweepBudgetReader(
        services.reader, services.clock, state.ration or ReadBudget(began=services.clock())
    )
    walk = Walk(replace(services, reader=reader, run_reads=None), state, reader, deliver)
    at: datetime | None = None
    refusal: SourceUnavailable | None = None
    try:
        finished = walk.sweep_missing() if state.phase is Phase.GONE else walk.sweep_page()
        if not finished and walk.is_out_of_budget:
            at = reader.ration.renews_at
    except SourceUnavailable as error:
        refusal = error
    step = walk.step()
    step = replace(step, state=replace(step.state, ration=reader.ration))
    if refusal:
        return _waiting(services, step, refusal)
    at = step.state.digest_at if step.state.phase is Phase.DIGEST else at
    return replace(step, state=_going_on(step.state), at=at)


def _compare(services: Services, state: Sweep) -> SweepStep:
    """Compare Resource Graph with ARM's list of groups, before its lists are used."""
    if services.inventory is None:
        return SweepStep(replace(state, proved=True))
    try:
        state = compared(services.inventory, state, services.clock())
    except SourceUnavailable as error:
        return _waiting(services, SweepStep(state), error)
    at = None if state.proved else services.clock() + _PAUSE
    return SweepStep(_going_on(state), at=at)


def _waiting(services: Services, step: SweepStep, refusal: SourceUnavailable) -> SweepStep:
    """Return the step after a refusal: the same page again once the source has been given time."""
    state, now = step.state, services.clock()
    at = bounds.later(now, max(bounds.seconds_span(refusal.retry_after or 0), _PAUSE))
    trace(
        log,
        "sweep-waits",
        subscription=state.subscription,
        phase=state.phase,
        status=refusal.status or "no answer",
        code=refusal.code or None,
        until=at,
    )
    state = replace(
        state,
        failing_since=state.failing_since or now,
        failing_status=refusal.status,
        failure=str(refusal).removeprefix(f"{refusal.what}: "),
    )
    if refusal.code == UNKNOWN_PAGE:
        state = replace(state, after="", last="")
    return replace(step, state=state, at=at)


def _going_on(state: Sweep) -> Sweep:
    """Return the sweep without a refusal."""
    return replace(state, failing_since=None, failing_status=0, failure="")


def _send_digest(services: Services, state: Sweep) -> SweepStep:
    """Send the digest of a first sweep, once no evaluation that belongs to it is still under way."""
    now = services.clock()
    if state.digest_at and now < state.digest_at:
        return SweepStep(state, at=state.digest_at)
    message = first_contact_digest.store_digest(
        services.store,
        services.facts,
        state,
        channels=services.channels,
        now=now,
    )
    message += first_contact_page.store_page(services.store, services.facts, state, now=now)
    return SweepStep(state.in_next_phase(now), message)
