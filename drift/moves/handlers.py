"""What a move of resources leads to: each is judged under its new id, and only then the old one ends.

The event names a group that was moved from, neither what was moved nor where to
(https://learn.microsoft.com/rest/api/resources/resources/move-resources): both are found by listing.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.changes.evaluate import evaluate_now, store_record
from drift.changes.handlers import on_event
from drift.errors import Conflict, SourceUnavailable
from drift.events import Event, Move
from drift.moves.search import MoveCandidates, search_moves
from drift.ports import Delete, Put, Write
from drift.queues import outbound
from drift.queues.messages import ArrivedMessage, LeftMessage, MovingMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.batch import one_write_per_key
from drift.state.resource_record import Record, load_record
from drift.trace import trace_at

log: Final = logging.getLogger("drift.moves.handlers")

TRIES: Final = tuple(timedelta(minutes=each) for each in (0, 0.25, 1, 5, 30, 120, 250))
"""When is looked, counted from the event. A move may lock its groups for four hours.
https://learn.microsoft.com/azure/azure-resource-manager/management/move-resource-group-and-subscription"""

ELSEWHERE: Final = "in no monitored subscription"

_SEARCHED: Final = 3
"""The try from which on what is found nowhere has left what is monitored."""

_LONGEST: Final = timedelta(hours=12)
"""How long a list that is refused is asked for; the sweep finds the rest."""

_A_WHILE: Final = timedelta(seconds=60)

_MOST: Final = 100
"""Moved resources that one look follows up; the next look has the others."""


def on_move(services: Services, move: Move) -> Outbound:
    """Note that resources of a group were moved, and have it looked into."""
    row = _due(move.event, move.group, tries=0, at=services.clock())
    services.store.commit(keys.partition(move.group), [row])
    return outbound.of_row(row.key, row.data)


def on_moved(services: Services, event: Event, group: str, *, tries: int, due_key: str) -> Outbound:
    """Ask for whatever the move has given another id; look again until it must be over."""
    spent: list[Write] = [Delete(due_key)] if due_key else []
    try:
        found = (
            search_moves(services, services.inventory, group)
            if services.inventory
            else MoveCandidates()
        )
    except SourceUnavailable as error:
        wait = max(timedelta(seconds=error.retry_after or 0), _A_WHILE)
        trace_at(
            log,
            logging.WARNING,
            "move-search-waits",
            group=group,
            status=error.status or "no answer",
            code=error.code or None,
            until=services.clock() + wait,
        )
        _store(services, group, spent, _again(services, event, group, tries=tries, wait=wait))
        return Outbound()
    pairs = [*found.pairs(lost_counts=tries >= _SEARCHED)]
    more = len(pairs) > _MOST
    later = _again(
        services, event, group, tries=tries + (not more), wait=_A_WHILE if more else None
    )
    _store(services, group, spent, later)
    about = replace(event, id=f"{event.id}:{tries}")
    return Outbound(
        changes=tuple(
            _arrived(about, old, new) if new else _left(about, old, new)
            for old, new in pairs[:_MOST]
        )
    )


def on_arrived(services: Services, event: Event, old: str, new: Sequence[str]) -> Outbound:
    """Judge what was moved under its new ids; "" for an old one that nobody knew."""
    total = Outbound()
    for each in new:
        _inherit(services, old, each)
        total += on_event(services, _about(event, each))
    if old and all(load_record(services.store, each).record.documents for each in new):
        total += Outbound(changes=(_left(event, old, new),))
    return total


def on_left(services: Services, event: Event, old: str, new: Sequence[str]) -> Outbound:
    """End what was moved under its old id, once a read shows that it is not there."""
    _note(services, old, " or ".join(new) or ELSEWHERE)
    total = on_event(services, _about(event, old))
    if load_record(
        services.store, old
    ).record.documents:  # somebody has it in hand, or it was read just now
        total += evaluate_now(services, old, due_rows.MOVED)
    return total


def _inherit(services: Services, old: str, new: str) -> None:
    """Have a moved resource remember where it was, and that it held PHI there."""
    before = load_record(services.store, old).record
    while old:
        stored = load_record(services.store, new)
        record = _heir(stored.record, before)
        try:
            if record != stored.record:
                store_record(services, replace(stored, record=record), [])
        except Conflict:
            continue
        return


def _heir(record: Record, before: Record) -> Record:
    return replace(
        record,
        moved_from=before.id,
        phi_tag=record.phi_tag or before.phi_tag,
        phi_because=record.phi_because or before.phi_because,
    )


def _note(services: Services, old: str, to: str) -> None:
    """Have a resource that is gone end as moved, once a read shows that it is."""
    while True:
        stored = load_record(services.store, old)
        try:
            store_record(services, replace(stored, record=replace(stored.record, moved_to=to)), [])
        except Conflict:
            continue
        return


def _about(event: Event, resource_id: str) -> Event:
    mark = keys.digest(resource_id)[:16]
    return replace(event, id=f"{event.id}:{mark}", subject=resource_id, target=resource_id)


def _arrived(event: Event, old: str, new: Sequence[str]) -> str:
    return ArrivedMessage(event=event, old=old, new=tuple(new)).text


def _left(event: Event, old: str, new: Sequence[str]) -> str:
    return LeftMessage(event=event, old=old, new=tuple(new)).text


def _again(
    services: Services, event: Event, group: str, *, tries: int, wait: timedelta | None = None
) -> Put | None:
    """Return the row of the next look, None where the move must be over."""
    now = services.clock()
    if tries >= len(TRIES) or now - event.at > _LONGEST:
        return None
    at = now + wait if wait else max(event.at + TRIES[tries], now)
    return _due(event, group, tries=tries, at=at)


def _due(event: Event, group: str, *, tries: int, at: datetime) -> Put:
    names = keys.digest(group), keys.digest(event.id)
    return due_rows.due_put(MovingMessage(group=group, tries=tries, event=event), at, *names)


def _store(services: Services, group: str, spent: Sequence[Write], later: Put | None) -> None:
    writes = [*spent, *([later] if later else [])]
    if writes:
        services.store.commit(keys.partition(group), one_write_per_key(writes))
