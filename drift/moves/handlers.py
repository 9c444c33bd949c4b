"""Follow moved resources: each is evaluated under its new id, and only then its old id is closed.

The event names only the group from which resources were moved, not the resources or their new group
(https://learn.microsoft.com/rest/api/resources/resources/move-resources): both are found by
listing.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.changes.evaluate import evaluate_now, store_record
from drift.changes.handlers import on_event
from drift.changes.proof import with_owed
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.errors import SourceUnavailable
from drift.events import Event, Move
from drift.moves.search import MoveCandidates, MoveSearch
from drift.observation.read_estate import EVERYTHING
from drift.ports import Delete, Put, Store, Write
from drift.queues import outbound
from drift.queues.messages import ArrivedMessage, LeftMessage, MovingMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.resource_record import Record, load_record
from drift.state.update import retry_on_conflict
from drift.trace import trace_at

log: Final = logging.getLogger("drift.moves.handlers")

TRIES: Final = tuple(timedelta(minutes=each) for each in (0, 0.25, 1, 5, 30, 120, 250))
"""When the search is made, counted from the event. A move may lock its groups for four hours.
https://learn.microsoft.com/azure/azure-resource-manager/management/move-resource-group-and-subscription"""

ELSEWHERE: Final = "in no monitored subscription"

_SEARCHED: Final = 3
"""From this try on, a resource that is not found has left the monitored subscriptions."""

_LONGEST: Final = timedelta(hours=12)
"""How long a refused list is retried; the sweep finds the rest."""

_PAUSE: Final = timedelta(seconds=60)

_MOST: Final = 100
"""How many moved resources one search handles; the next search handles the others."""


def on_move(services: Services, move: Move) -> Outbound:
    """Store that resources of a group were moved, and ask for the search."""
    row = _due(move.event, move.group, tries=0, at=services.clock())
    services.store.commit(keys.partition(move.group), [row])
    return outbound.of_row(row.key, row.data)


def on_moved(services: Services, event: Event, group: str, *, tries: int, due_key: str) -> Outbound:
    """Search for what the move has given another id; search again until the move must be over."""
    spent: list[Write] = [Delete(due_key)] if due_key else []
    try:
        found = _search(services, group)
    except SourceUnavailable as error:
        wait = max(bounds.seconds_span(error.retry_after or 0), _PAUSE)
        trace_at(
            log,
            logging.WARNING,
            "move-search-waits",
            group=group,
            status=error.status or "no answer",
            code=error.code or None,
            until=bounds.later(services.clock(), wait),
        )
        later = _again(event, group, tries=tries, now=services.clock(), wait=wait)
        _store(services.store, group, spent, later)
        return Outbound()
    pairs = [*found.pairs(lost_counts=tries >= _SEARCHED)]
    more = len(pairs) > _MOST
    later = _again(
        event,
        group,
        tries=tries + (not more),
        now=services.clock(),
        wait=_PAUSE if more else None,
    )
    _store(services.store, group, spent, later)
    about = replace(event, id=f"{event.id}:{tries}")
    return Outbound(
        changes=tuple(
            _arrived(about, old, new) if new else _left(about, old, new)
            for old, new in pairs[:_MOST]
        )
    )


def _search(services: Services, group: str) -> MoveCandidates:
    if services.inventory is None:
        return MoveCandidates()
    search = MoveSearch(
        services.store,
        services.inventory,
        group,
        subscriptions=services.facts.subscriptions,
        evaluated=services.watched.evaluated,
    )
    return search.result()


def on_arrived(services: Services, event: Event, old: str, new: Sequence[str]) -> Outbound:
    """Evaluate a moved resource under its new ids; ``old`` is "" if it was not known before."""
    total = Outbound()
    for each in new:
        _inherit(services, old, each)
        total += on_event(services, _about(event, each))
    if old and all(load_record(services.store, each).record.documents for each in new):
        total += Outbound(changes=(_left(event, old, new),))
    return total


def on_left(services: Services, event: Event, old: str, new: Sequence[str]) -> Outbound:
    """Close the incidents of an old id, once a read shows that the resource is no longer there."""
    _note_move(services, old, " or ".join(new) or ELSEWHERE)
    total = on_event(services, _about(event, old))
    record = load_record(services.store, old).record
    if record.documents:  # another process has leased it, or the event asked for no read
        total += evaluate_now(services, old, due_rows.MOVED)
    return total


def _inherit(services: Services, old: str, new: str) -> None:
    """Store with a moved resource its old id, that it held PHI there, and that all of it needs proof.

    The resources below it moved too, without an event of their own, and a replica may not show them yet.
    """
    before = load_record(services.store, old).record if old else None

    def attempt() -> None:
        stored = load_record(services.store, new)
        record = _heir(stored.record, before) if before else stored.record
        if not record.documents:
            owed = with_owed(record.owed, EVERYTHING, services.clock() + MARGIN)
            record = replace(record, owed=owed)
        if record != stored.record:
            store_record(services.store, replace(stored, record=record), [])

    retry_on_conflict(new, attempt)


def _heir(record: Record, before: Record) -> Record:
    return replace(
        record,
        moved_from=before.id,
        phi_tag=record.phi_tag or before.phi_tag,
        phi_because=record.phi_because or before.phi_because,
    )


def _note_move(services: Services, old: str, to: str) -> None:
    """Store the new id of a moved resource: its incidents end as moved once a read shows that it is gone."""

    def attempt() -> None:
        stored = load_record(services.store, old)
        store_record(
            services.store, replace(stored, record=replace(stored.record, moved_to=to)), []
        )

    retry_on_conflict(old, attempt)


def _about(event: Event, resource_id: str) -> Event:
    mark = keys.digest(resource_id)[:16]
    return replace(event, id=f"{event.id}:{mark}", subject=resource_id, target=resource_id)


def _arrived(event: Event, old: str, new: Sequence[str]) -> str:
    return ArrivedMessage(event=event, old=old, new=tuple(new)).text


def _left(event: Event, old: str, new: Sequence[str]) -> str:
    return LeftMessage(event=event, old=old, new=tuple(new)).text


def _again(
    event: Event, group: str, *, tries: int, now: datetime, wait: timedelta | None
) -> Put | None:
    """Return the row of the next search, None where the move must be over."""
    if tries >= len(TRIES) or now - event.at > _LONGEST:
        return None
    at = (
        bounds.later(now, wait)
        if wait
        else max(bounds.later(event.at, bounds.nth_of(TRIES, tries)), now)
    )
    return _due(event, group, tries=tries, at=at)


def _due(event: Event, group: str, *, tries: int, at: datetime) -> Put:
    names = keys.digest(group), keys.digest(event.id)
    return due_rows.due_put(MovingMessage(group=group, tries=tries, event=event), at, *names)


def _store(store: Store, group: str, spent: Sequence[Write], later: Put | None) -> None:
    writes = [*spent, *([later] if later else [])]
    if writes:
        store.commit(keys.partition(group), one_write_per_key(writes))
