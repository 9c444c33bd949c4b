"""The part of a sweep that one message does: compare rows with the record, evaluate differences."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.changes.admission import is_leased
from drift.changes.evaluate import evaluate_now, store_observation, store_record
from drift.errors import Conflict, NotUnderstood
from drift.model import Resource
from drift.observation.sweep_budget import SweepBudgetReader
from drift.observation.throttle_gate import WAIT
from drift.ports import Page, Put
from drift.queues.messages import WakeMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys, known_resources
from drift.state.resource_record import Record, StoredRecord, load_record
from drift.state.sweep_state import Phase, Sweep
from drift.sweep.inventory_rows import (
    groups_of,
    listed_containers,
    listed_types,
    observe_row,
    resources_in,
)
from drift.sweep.progress import SweepStep
from drift.sweep.unchanged import is_unchanged
from drift.trace import trace_at

log: Final = logging.getLogger("drift.sweep.walk")

PAGE: Final = 100
"""Rows of one page."""

BUDGET: Final = timedelta(seconds=60)
"""How long one message sweeps; another message does the rest."""

_MOST_WRITES: Final = 100

Deliver = Callable[[Services, str], Outbound]
"""Handles a message of queue ``deliveries``."""


class Walk:
    """The part of a sweep that one message does; ``is_out_of_budget``: the read budget is used up."""

    def __init__(
        self, services: Services, state: Sweep, reader: SweepBudgetReader, deliver: Deliver
    ) -> None:
        self._services = services
        self._state = state
        self._reader = reader
        self._deliver = deliver
        self._until = services.clock() + BUDGET
        self._outbound = Outbound()
        self._listed: list[str] = []
        self.is_out_of_budget = False

    def step(self) -> SweepStep:
        """Store which resources were listed, and return the state of the sweep."""
        self._store_listed()
        return SweepStep(self._state, self._outbound)

    def sweep_page(self) -> bool:
        """Compare the rest of the current page; tell whether the page is finished."""
        services, state = self._services, self._state
        listing = listed_containers if state.phase is Phase.CONTAINERS else listed_types
        kinds = listing(services.detectors)
        if not kinds or services.inventory is None:
            return self._next_phase()
        page = services.inventory.page(state.subscription, kinds, after=state.after, size=PAGE)
        if not all(self._read_instead(each) for each in page.unreadable):
            return False
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

    def sweep_missing(self) -> bool:
        """Evaluate resources that only earlier sweeps listed; tell whether all of them are done."""
        subscription, run = self._state.subscription, self._state.run
        for shard in keys.PARTITIONS:
            if shard < self._state.after:
                continue
            after = self._state.last if shard == self._state.after else ""
            rows = known_resources.not_seen_in(
                self._services.store, subscription, run, shard=shard, after=after
            )
            for row in rows:
                resource_id = str(row.data["resource"])
                if self._is_late() or not self._evaluate(resource_id, due_rows.SWEEP):
                    return False
                self._state = replace(self._state, after=shard, last=row.key)
        return self._next_phase()

    def _next_phase(self) -> bool:
        self._state = self._state.in_next_phase(self._services.clock())
        return True

    def _is_late(self) -> bool:
        return self._services.clock() > self._until

    def _read_instead(self, resource_id: str) -> bool:
        """Read from ARM a resource whose row Resource Graph cannot show; tell whether it was possible."""
        if self._is_late() or not self._read_from_arm(resource_id):
            return False
        self._passed(resource_id, 1)
        gap = f"Azure Resource Graph cannot show {resource_id}. It was read from ARM instead."
        self._state = self._state.with_gap(gap, self._services.clock())
        trace_at(log, logging.WARNING, "row-not-shown", resource=resource_id)
        return True

    def _read_from_arm(self, resource_id: str) -> bool:
        try:
            record = load_record(self._services.store, resource_id).record
        except NotUnderstood as error:
            return self._leave_out(resource_id, error)
        return self._evaluate(resource_id, self._reason(record))

    def _passed(self, row_id: str, resources: int) -> None:
        self._listed.append(row_id)
        state = self._state
        self._state = replace(
            state,
            last=row_id,
            visited=state.visited + resources,
            listed=state.listed + (state.phase is Phase.RESOURCES),
        )

    def _visit(self, resource: Resource, tags: Page) -> bool:
        """Compare one resource by its row; tell whether the read budget allowed it."""
        try:
            return self._compare(resource, tags)
        except NotUnderstood as error:
            return self._leave_out(resource.id, error)

    def _compare(self, resource: Resource, tags: Page) -> bool:
        stored = load_record(self._services.store, resource.id)
        record = stored.record
        if is_leased(record, self._services.clock()) or record.wanted > record.looked:
            return True  # an event has the whole of it evaluated
        is_whole = self._reader.is_whole
        observation = observe_row(self._services, stored.record, resource, tags=tags)
        if any(each.code == WAIT for each in observation.failures):
            self.is_out_of_budget = True
            return is_whole and self._leave_to_tick(stored)
        if not is_unchanged(self._services.store, stored.record, observation):
            return self._evaluate(resource.id, self._reason(record), observation.asked)
        if not stored.record.documents and observation.results:
            self._outbound += store_observation(
                self._services,
                stored,
                observation,
                self._reason(record),
                is_repeated=self._state.first,  # another sweep follows in 15 minutes
            )
        return True

    def _leave_out(self, resource_id: str, error: NotUnderstood) -> bool:
        """Leave a resource to a version that can read its record; the sweep continues.

        Its message is kept as not understood: ``health`` counts it, and it is retried.
        """
        log.warning("the sweep leaves out a resource: %s", error)
        self._outbound += Outbound(
            background=(WakeMessage(resource=resource_id, reason=due_rows.SWEEP).text,)
        )
        return True

    def _leave_to_tick(self, stored: StoredRecord) -> bool:
        """Make a resource due separately from the sweep if its reads exceed the budget of a whole minute."""
        reason, now = self._reason(stored.record), self._services.clock()
        record, writes = due_rows.wake_at(stored.record, reason, now)
        try:
            store_record(self._services.store, replace(stored, record=record), writes)
        except Conflict:
            return False  # visited again, in the next minute
        return True

    def _evaluate(
        self, resource_id: str, reason: str, cached: Mapping[str, CachedRead] | None = None
    ) -> bool:
        """Evaluate a resource through ARM and deliver what follows, if the read budget allows it."""
        if not self._reader.allows(resource_id):
            self.is_out_of_budget = True
            return False
        try:
            follow_up = evaluate_now(self._services, resource_id, reason, cached)
        except NotUnderstood as error:
            return self._leave_out(resource_id, error)
        self._outbound += replace(follow_up, deliveries=())
        for text in follow_up.deliveries:
            is_late = self._is_late()
            self._outbound += (
                Outbound(deliveries=(text,)) if is_late else self._deliver(self._services, text)
            )
        return True

    def _reason(self, record: Record) -> str:
        """Return why a resource is evaluated: by a first sweep only if it was never read."""
        is_met = self._state.first and not record.documents
        return due_rows.CONTACT if is_met else due_rows.SWEEP

    def _store_listed(self) -> None:
        """Store which resources this sweep has seen listed, a partition at a time."""
        by_shard: dict[str, list[Put]] = defaultdict(list)
        for each in self._listed:
            by_shard[keys.partition(each)].append(known_resources.known_row(each, self._state.run))
        for shard, puts in by_shard.items():
            for at in range(0, len(puts), _MOST_WRITES):
                self._services.store.commit(shard, puts[at : at + _MOST_WRITES])
        self._listed.clear()


def _after(rows: Iterable[Mapping[str, Any]], last: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows after the last compared one; all rows if that one is no longer listed."""
    listed = list(rows)
    names = [ids.key(str(row["id"])) for row in listed]
    at = names.index(ids.key(last)) + 1 if last and ids.key(last) in names else 0
    yield from listed[at:]
