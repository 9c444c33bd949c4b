"""The walk through the state that deletes old rows; each sweep begins one.

One message at a time walks through a few pages of rows, for two seconds at most; a due row
continues it where it stopped. Each page is decided by its present rows, so it is harmless if a page
is walked twice or only in part.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import number_in, time_in, versioned
from drift.errors import Conflict, NotUnderstood
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import AgeMessage
from drift.queues.outbound import Outbound
from drift.retention.cleanup import Cleanup
from drift.retention.dependents import drop_unused
from drift.retention.incidents import drop_ended
from drift.retention.records import drop_given_up, give_up_held
from drift.retention.resources import drop_gone
from drift.services import Services
from drift.state import due_rows, keys, paging
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict

PAGE: Final = 100
"""Rows of one page."""

_MOST_PAGES: Final = 20
"""How many pages one message walks through."""

_BUDGET: Final = timedelta(seconds=2)
"""How long one message walks; after that events come first."""

_LOST: Final = timedelta(days=1)
"""If a walk has not moved for this time, its due row is lost, and another walk begins."""

_WALK: Final = keys.row_key(RowKind.AGEING, "walk")

DropOld = Callable[[Cleanup, str, Row], bool]
"""Deletes the old data of one row of a partition; False if the time was over before it was complete."""

_STEPS: Final[Mapping[RowKind, DropOld]] = {
    RowKind.HELD: give_up_held,
    RowKind.DROPPED: drop_given_up,
    RowKind.UNDELIVERED: drop_given_up,
    RowKind.INCIDENT: drop_ended,
    RowKind.RESOURCE: drop_gone,
    RowKind.USES: drop_unused,
}
"""The kinds of rows in the order of the walk: a resource leaves after its last incident."""


def begin_walk(store: Store, now: datetime) -> Outbound:
    """Begin a walk, unless one is under way; ``tick`` starts it by its due row."""
    row = store.get(keys.META, _WALK)
    try:
        if row and not row.data.get("finished") and now - time_in(row.data, "moved") < _LOST:
            return Outbound()
        step = number_in(row.data, "step") + 1 if row else 1
    except NotUnderstood:  # the version that wrote it continues its walk
        return Outbound()
    walk = versioned({"step": step, "moved": now.isoformat(), "finished": False})
    put = Put(_WALK, walk, row.etag if row else "")
    with suppress(Conflict):  # another process has begun one
        store.commit(keys.META, [put, due_rows.due_put(AgeMessage(step=step), now)])
    return Outbound()


def on_age(services: Services, message: AgeMessage) -> Outbound:
    """Continue the walk where the last message stopped, unless another message has already done so."""
    store, now = services.store, services.clock()
    if not _is_current(store, message):
        store.commit(keys.META, _spent(message))
        return Outbound()
    cleanup = Cleanup(
        store=store,
        clock=services.clock,
        oldest=now - timedelta(days=services.config.retention.state_days),
        until=now + _BUDGET,
        channels=frozenset(each.name for each in services.channels),
        is_watched=services.is_watched,
    )
    place = _walked(cleanup, message)
    retry_on_conflict(_WALK, lambda: _store_progress(store, message, place, services.clock()))
    return Outbound()


def _is_current(store: Store, message: AgeMessage) -> bool:
    row = store.get(keys.META, _WALK)
    return row is not None and row.data.get("step") == message.step


def _spent(message: AgeMessage) -> list[Write]:
    return [Delete(message.due)] if message.due else []


def _store_progress(
    store: Store, message: AgeMessage, place: "_Place | None", now: datetime
) -> None:
    """Store the position of the walk, None for its end; raise Conflict."""
    row = store.get(keys.META, _WALK)
    if row is None or row.data.get("step") != message.step:
        return
    data = versioned(
        {"step": message.step + 1, "moved": now.isoformat(), "finished": place is None}
    )
    writes = [*_spent(message), Put(_WALK, data, row.etag)]
    if place:
        later = AgeMessage(
            step=message.step + 1, shard=place.shard, rows=place.kind, after=place.after
        )
        writes.append(due_rows.due_put(later, now))
    store.commit(keys.META, writes)


@dataclass(frozen=True, slots=True)
class _Place:
    """The position of a walk: a partition, a kind of rows, and the key of the last row ("" for none)."""

    shard: str
    kind: RowKind
    after: str = ""

    @property
    def next_kind(self) -> "_Place | None":
        """Return the beginning of the next kind or partition, None at the end of the walk."""
        kinds, shards = list(_STEPS), keys.PARTITIONS
        if self.kind is not kinds[-1]:
            return _Place(self.shard, kinds[kinds.index(self.kind) + 1])
        if self.shard == shards[-1]:
            return None
        return _Place(shards[shards.index(self.shard) + 1], kinds[0])


def _place_of(message: AgeMessage) -> _Place:
    """Return where a message begins; one of another version begins with the first kind of its rows."""
    shard = message.shard or keys.PARTITIONS[0]
    first = next(iter(_STEPS))
    known = {each.value: each for each in _STEPS}
    if message.rows not in known:
        return _Place(shard, first)
    return _Place(shard, known[message.rows], message.after)


def _walked(cleanup: Cleanup, message: AgeMessage) -> _Place | None:
    """Walk until the time or the pages are used up; return where to continue, None at the end.

    At least one row is handled, so that a walk ends even if the store is slow.
    """
    place: _Place | None = _place_of(message)
    pages = 0
    while place and pages < _MOST_PAGES:
        rows = _page(cleanup.store, place)
        for row in rows:
            if not _STEPS[place.kind](cleanup, place.shard, row):
                return place
            place = replace(place, after=row.key)
            if cleanup.is_over:
                return place
        pages += bool(rows)
        place = place if len(rows) == PAGE else place.next_kind
    return place


def _page(store: Store, place: _Place) -> list[Row]:
    first, end = keys.below(place.kind)
    begin = paging.key_after(place.after) if place.after else first
    return list(store.range(place.shard, begin, end, PAGE))
