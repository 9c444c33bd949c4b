"""The sweep: look once a day at all that Resource Graph lists, for what no event has told of.

It goes page by page, each message a while, with few reads a minute and two subscriptions at a time:
events never wait for it. What it finds amiss in a row it has looked at through ARM, as an event
would have, and tells it itself, so that the queues stay short.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift import ids
from drift.changes.admission import is_leased
from drift.changes.evaluate import evaluate_now, store_observation
from drift.changes.evaluate import store_record as keep_record
from drift.errors import Conflict, NotUnderstood, SourceUnavailable
from drift.model import Resource
from drift.observation.read_estate import CachedRead
from drift.observation.sweep_budget import SweepBudgetReader
from drift.observation.throttle_gate import WAIT
from drift.ports import Page, Put
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys, known_resources
from drift.state.resource_record import StoredRecord, load_record
from drift.state.sweep_state import Phase, ReadBudget, Sweep
from drift.sweep import first_contact_digest
from drift.sweep.inventory_rows import (
    groups_of,
    listed_containers,
    listed_types,
    observe_row,
    resources_in,
)
from drift.sweep.progress import (
    SweepLease,
    SweepStep,
    end_due_row,
    enter_lane,
    leave_lane,
    renewed_lease,
    store_progress,
    take_sweep,
)
from drift.sweep.unchanged import is_unchanged
from drift.trace import trace

log: Final = logging.getLogger("drift.sweep.run")


PAGE: Final = 100
"""Rows of one page."""

BUDGET: Final = timedelta(seconds=60)
"""How long one message goes on; what is left is the next one's."""

_A_WHILE: Final = timedelta(seconds=60)
"""How long a sweep waits for a lane, or for a Resource Graph that does not say how long."""

_MOST_WRITES: Final = 100

Deliver = Callable[[Services, str], Outbound]
"""Tells a channel what a message of queue ``deliveries`` asks for."""


def on_sweep(
    services: Services, subscription: str, run: int, due_key: str, *, deliver: Deliver
) -> Outbound:
    """Go on with a sweep for a while."""
    taken = take_sweep(services, subscription, run)
    if taken is None:
        end_due_row(services, subscription, run, due_key)
        return Outbound()
    lane = enter_lane(services, subscription)
    if lane is None:
        step = SweepStep(taken.state, at=services.clock() + _A_WHILE)
    else:
        step = _gone_on(services, taken.state, deliver)
        leave_lane(services, lane)
    return step.outbound + _kept(services, step, taken, due_key)


def _kept(services: Services, step: SweepStep, taken: SweepLease, due_key: str) -> Outbound:
    """Store where the sweep stands, unless it was taken for dead and somebody else goes on with it."""
    mine: SweepLease | None = taken
    while mine:
        try:
            return store_progress(services, step, mine.etag, spent=(due_key,))
        except Conflict:
            mine = renewed_lease(services, taken)
    return Outbound()


def _gone_on(services: Services, state: Sweep, deliver: Deliver) -> SweepStep:
    """Go on until the time or the ration is used up; a source that fails is waited for."""
    if state.phase is Phase.DIGEST:
        return _digested(services, state)
    reader = SweepBudgetReader(
        services.reader, services.clock, state.ration or ReadBudget(began=services.clock())
    )
    walk = _Walk(replace(services, reader=reader), state, reader, deliver)
    at: datetime | None = None
    try:
        finished = walk.along_the_missing() if state.phase is Phase.GONE else walk.along_a_page()
        if not finished and walk.is_cut:
            at = reader.ration.renews_at
    except SourceUnavailable as error:
        at = services.clock() + max(timedelta(seconds=error.retry_after or 0), _A_WHILE)
        trace(
            log,
            "sweep-waits",
            subscription=state.subscription,
            phase=state.phase,
            status=error.status or "no answer",
            code=error.code or None,
            until=at,
        )
    step = walk.step()
    return replace(
        step,
        state=replace(step.state, ration=reader.ration),
        at=step.state.digest_at if step.state.phase is Phase.DIGEST else at,
    )


def _digested(services: Services, state: Sweep) -> SweepStep:
    """Tell people what a first sweep found, once nobody is on the way with more of it."""
    now = services.clock()
    if state.digest_at and now < state.digest_at:
        return SweepStep(state, at=state.digest_at)
    return SweepStep(
        state.in_next_phase(now), first_contact_digest.digest(services, state.subscription)
    )


class _Walk:
    """One message's way along what a sweep looks at; ``is_cut``: the ration was used up."""

    def __init__(
        self, services: Services, state: Sweep, reader: SweepBudgetReader, deliver: Deliver
    ) -> None:
        self._services = services
        self._state = state
        self._reader = reader
        self._deliver = deliver
        self._until = services.clock() + BUDGET
        self._work = Outbound()
        self._seen: list[str] = []
        self.is_cut = False

    def step(self) -> SweepStep:
        """Note what was seen, and return where the sweep stands now."""
        self._note()
        return SweepStep(self._state, self._work)

    def along_a_page(self) -> bool:
        """Look at what is left of the page at hand; tell whether all of it was."""
        services, state = self._services, self._state
        listing = listed_containers if state.phase is Phase.CONTAINERS else listed_types
        kinds = listing(services)
        if not kinds or services.inventory is None:
            return self._next_phase()
        page = services.inventory.page(state.subscription, kinds, after=state.after, size=PAGE)
        tags = services.inventory.tags(state.subscription, groups_of(page))
        for row in _after(page.rows, state.last):
            found = tuple(resources_in(row))
            if self._is_late() or not all(self._visit(each, tags) for each in found):
                return False
            self._passed(str(row["id"]), len(found))
        if page.after:
            self._state = replace(self._state, after=page.after, last="")
            return True
        return self._next_phase()

    def along_the_missing(self) -> bool:
        """Look at what earlier sweeps saw and this one did not; tell whether at all of it."""
        subscription, run = self._state.subscription, self._state.run
        for shard in keys.PARTITIONS:
            if shard < self._state.after:
                continue
            after = self._state.last if shard == self._state.after else ""
            rows = known_resources.not_seen_in(
                self._services.store, subscription, run, shard=shard, after=after
            )
            for row in rows:
                if self._is_late() or not self._look(str(row.data["resource"]), {}):
                    return False
                self._state = replace(self._state, after=shard, last=row.key)
        return self._next_phase()

    def _next_phase(self) -> bool:
        self._state = self._state.in_next_phase(self._services.clock())
        return True

    def _is_late(self) -> bool:
        return self._services.clock() > self._until

    def _passed(self, row_id: str, resources: int) -> None:
        self._seen.append(row_id)
        visited = self._state.visited + resources
        self._state = replace(self._state, last=row_id, visited=visited)

    def _visit(self, resource: Resource, tags: Page) -> bool:
        """Look at one resource by its row; tell whether the ration allowed it."""
        try:
            return self._compare(resource, tags)
        except NotUnderstood as error:
            return _passed_over(error)

    def _compare(self, resource: Resource, tags: Page) -> bool:
        stored = load_record(self._services.store, resource.id)
        if is_leased(stored.record, self._services.clock()) or stored.record.pending:
            return True  # an event has it looked at
        is_whole = self._reader.is_whole
        observation = observe_row(self._services, stored.record, resource, tags=tags)
        if any(each.code == WAIT for each in observation.failures):
            self.is_cut = True
            return is_whole and self._left_to_tick(stored)
        if not is_unchanged(self._services.store, stored.record, observation):
            return self._look(resource.id, observation.asked)
        if not stored.record.documents and observation.results:
            self._work += store_observation(self._services, stored, observation, self._reason)
        return True

    def _left_to_tick(self, stored: StoredRecord) -> bool:
        """Have a resource that no ration suffices for looked at beside the sweep."""
        record, writes = due_rows.wake_at(stored.record, self._reason, self._services.clock())
        try:
            keep_record(self._services, replace(stored, record=record), writes)
        except Conflict:
            return False  # visited again, in the next minute
        return True

    def _look(self, resource_id: str, cached: Mapping[str, CachedRead]) -> bool:
        """Have a resource looked at through ARM, and tell what comes of it, if the ration allows."""
        if not self._reader.allows(resource_id):
            self.is_cut = True
            return False
        try:
            found = evaluate_now(self._services, resource_id, self._reason, cached)
        except NotUnderstood as error:
            return _passed_over(error)
        self._work += replace(found, deliveries=())
        for text in found.deliveries:
            late = self._is_late()
            self._work += (
                Outbound(deliveries=(text,)) if late else self._deliver(self._services, text)
            )
        return True

    @property
    def _reason(self) -> str:
        return due_rows.CONTACT if self._state.first else due_rows.SWEEP

    def _note(self) -> None:
        """Store which resources this sweep has seen, a partition at a time."""
        by_shard: dict[str, list[Put]] = defaultdict(list)
        for each in self._seen:
            by_shard[keys.partition(each)].append(known_resources.known_row(each, self._state.run))
        for shard, puts in by_shard.items():
            for at in range(0, len(puts), _MOST_WRITES):
                self._services.store.commit(shard, puts[at : at + _MOST_WRITES])
        self._seen.clear()


def _passed_over(error: NotUnderstood) -> bool:
    """Leave a resource to a version that can read its record; the sweep goes on."""
    log.warning("the sweep leaves out a resource: %s", error)
    return True


def _after(rows: Iterable[Mapping[str, Any]], last: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows after the one looked at last; all, where that is listed no more."""
    listed = list(rows)
    names = [ids.key(str(row["id"])) for row in listed]
    at = names.index(ids.key(last)) + 1 if last and ids.key(last) in names else 0
    yield from listed[at:]
