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
from drift.changes.admission import is_held
from drift.changes.evaluate import keep as keep_record
from drift.changes.evaluate import look_now, noted
from drift.errors import Conflict, NotUnderstood, SourceUnavailable
from drift.model import Resource
from drift.observation.read_estate import Remembered
from drift.observation.sweep_budget import SweepReader
from drift.observation.throttle_gate import WAIT
from drift.ports import Page, Put
from drift.queues.outbound import Work
from drift.services import Parts
from drift.state import due_rows, keys, known_resources
from drift.state.resource_record import Held, load
from drift.state.sweep_state import Phase, Ration, Sweep
from drift.sweep import first_contact_digest
from drift.sweep.inventory_rows import (
    groups_of,
    listed_containers,
    listed_types,
    resources_in,
    survey,
)
from drift.sweep.progress import Step, Taken, enter, keep, leave, let_go, still_taken, take
from drift.sweep.unchanged import is_as_known
from drift.trace import trace

log: Final = logging.getLogger("drift.sweep.run")


PAGE: Final = 100
"""Rows of one page."""

BUDGET: Final = timedelta(seconds=60)
"""How long one message goes on; what is left is the next one's."""

_A_WHILE: Final = timedelta(seconds=60)
"""How long a sweep waits for a lane, or for a Resource Graph that does not say how long."""

_MOST_WRITES: Final = 100

Deliver = Callable[[Parts, str], Work]
"""Tells a channel what a message of queue ``deliveries`` asks for."""


def on_sweep(parts: Parts, subscription: str, run: int, due_key: str, *, deliver: Deliver) -> Work:
    """Go on with a sweep for a while."""
    taken = take(parts, subscription, run)
    if taken is None:
        let_go(parts, subscription, run, due_key)
        return Work()
    lane = enter(parts, subscription)
    if lane is None:
        step = Step(taken.state, at=parts.clock() + _A_WHILE)
    else:
        step = _gone_on(parts, taken.state, deliver)
        leave(parts, lane)
    return step.work + _kept(parts, step, taken, due_key)


def _kept(parts: Parts, step: Step, taken: Taken, due_key: str) -> Work:
    """Store where the sweep stands, unless it was taken for dead and somebody else goes on with it."""
    mine: Taken | None = taken
    while mine:
        try:
            return keep(parts, step, mine.etag, spent=(due_key,))
        except Conflict:
            mine = still_taken(parts, taken)
    return Work()


def _gone_on(parts: Parts, state: Sweep, deliver: Deliver) -> Step:
    """Go on until the time or the ration is used up; a source that fails is waited for."""
    if state.phase is Phase.DIGEST:
        return _digested(parts, state)
    reader = SweepReader(parts.reader, parts.clock, state.ration or Ration(began=parts.clock()))
    walk = _Walk(replace(parts, reader=reader), state, reader, deliver)
    at: datetime | None = None
    try:
        finished = walk.along_the_missing() if state.phase is Phase.GONE else walk.along_a_page()
        if not finished and walk.is_cut:
            at = reader.ration.renews_at
    except SourceUnavailable as error:
        at = parts.clock() + max(timedelta(seconds=error.retry_after or 0), _A_WHILE)
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


def _digested(parts: Parts, state: Sweep) -> Step:
    """Tell people what a first sweep found, once nobody is on the way with more of it."""
    now = parts.clock()
    if state.digest_at and now < state.digest_at:
        return Step(state, at=state.digest_at)
    return Step(state.in_next_phase(now), first_contact_digest.digest(parts, state.subscription))


class _Walk:
    """One message's way along what a sweep looks at; ``is_cut``: the ration was used up."""

    def __init__(self, parts: Parts, state: Sweep, reader: SweepReader, deliver: Deliver) -> None:
        self._parts = parts
        self._state = state
        self._reader = reader
        self._deliver = deliver
        self._until = parts.clock() + BUDGET
        self._work = Work()
        self._seen: list[str] = []
        self.is_cut = False

    def step(self) -> Step:
        """Note what was seen, and return where the sweep stands now."""
        self._note()
        return Step(self._state, self._work)

    def along_a_page(self) -> bool:
        """Look at what is left of the page at hand; tell whether all of it was."""
        parts, state = self._parts, self._state
        listing = listed_containers if state.phase is Phase.CONTAINERS else listed_types
        kinds = listing(parts)
        if not kinds or parts.inventory is None:
            return self._next_phase()
        page = parts.inventory.page(state.subscription, kinds, after=state.after, size=PAGE)
        tags = parts.inventory.tags(state.subscription, groups_of(page))
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
                self._parts.store, subscription, run, shard=shard, after=after
            )
            for row in rows:
                if self._is_late() or not self._look(str(row.data["resource"]), {}):
                    return False
                self._state = replace(self._state, after=shard, last=row.key)
        return self._next_phase()

    def _next_phase(self) -> bool:
        self._state = self._state.in_next_phase(self._parts.clock())
        return True

    def _is_late(self) -> bool:
        return self._parts.clock() > self._until

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
        held = load(self._parts.store, resource.id)
        if is_held(held.record, self._parts.clock()) or held.record.pending:
            return True  # an event has it looked at
        is_whole = self._reader.is_whole
        sight = survey(self._parts, held.record, resource, tags=tags)
        if any(each.code == WAIT for each in sight.failures):
            self.is_cut = True
            return is_whole and self._left_to_tick(held)
        if not is_as_known(self._parts.store, held.record, sight):
            return self._look(resource.id, sight.asked)
        if not held.record.documents and sight.judgements:
            self._work += noted(self._parts, held, sight, self._reason)
        return True

    def _left_to_tick(self, held: Held) -> bool:
        """Have a resource that no ration suffices for looked at beside the sweep."""
        record, writes = due_rows.wake_at(held.record, self._reason, self._parts.clock())
        try:
            keep_record(self._parts, replace(held, record=record), writes)
        except Conflict:
            return False  # visited again, in the next minute
        return True

    def _look(self, resource_id: str, remembered: Mapping[str, Remembered]) -> bool:
        """Have a resource looked at through ARM, and tell what comes of it, if the ration allows."""
        if not self._reader.allows(resource_id):
            self.is_cut = True
            return False
        try:
            found = look_now(self._parts, resource_id, self._reason, remembered)
        except NotUnderstood as error:
            return _passed_over(error)
        self._work += replace(found, deliveries=())
        for text in found.deliveries:
            late = self._is_late()
            self._work += Work(deliveries=(text,)) if late else self._deliver(self._parts, text)
        return True

    @property
    def _reason(self) -> str:
        return due_rows.CONTACT if self._state.first else due_rows.SWEEP

    def _note(self) -> None:
        """Store which resources this sweep has seen, a partition at a time."""
        by_shard: dict[str, list[Put]] = defaultdict(list)
        for each in self._seen:
            by_shard[keys.partition(each)].append(known_resources.mark(each, self._state.run))
        for shard, puts in by_shard.items():
            for at in range(0, len(puts), _MOST_WRITES):
                self._parts.store.commit(shard, puts[at : at + _MOST_WRITES])
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
