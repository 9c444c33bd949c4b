"""Evaluate the dependents of a changed document: of a vault, a network, a group's tags.

Few dependents are evaluated at once. For many, due rows evaluate 50 in a tick, and no more than the
share of background reads allows. So one edit does not use up the limits of ARM and leave resources
unknown. A group or subscription is read first: only dependents that have seen another PHI tag, or
another watched value, are evaluated. This is done twice, because a replica may be behind.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from drift import ids
from drift.changes.confirmation import AFTER_SETTLING, settle_span
from drift.clock import bounds
from drift.codec import text_in
from drift.errors import NotUnderstood, SourceUnavailable, Unreadable
from drift.events import Fanout, to_message
from drift.model import Resource
from drift.observation.confirmation_budget import Share, reserve
from drift.observation.read_estate import resource_of
from drift.observation.related_cache import load_cached_reads
from drift.phi.scope import own_tag
from drift.ports import Delete, Put, Row, Write
from drift.queues.messages import DoneMessage, FanningMessage
from drift.queues.outbound import Outbound, of_row
from drift.services import Services
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import due_put, enqueued_put, find_row
from drift.state.keys import RowKind
from drift.state.resource_record import Record, load_record

MOST_AT_ONCE: Final = 50
"""How many dependents are evaluated at once, and in one tick if there are more."""

_TICK: Final = timedelta(seconds=10)

_PAGE: Final = 200
"""How many dependents are compared in one tick."""

_PAUSE: Final = timedelta(seconds=60)
"""How long a walk waits at first if its document cannot be read."""

_LONGEST_PAUSE: Final = timedelta(hours=1)
"""How long it waits if that lasts."""


def on_fanout(services: Services, fanout: Fanout) -> Outbound:
    """Return one event for each dependent of the document that changed; a walk if they are many.

    Raise NotUnderstood if another version wrote a dependent.
    """
    rows = _dependents(services, fanout, MOST_AT_ONCE + 1)
    if len(rows) <= MOST_AT_ONCE:
        resources = (text_in(row.data, "resource") for row in rows)
        concerned = (each for each in resources if _is_concerned(fanout, each))
        return Outbound(changes=tuple(_events(fanout, concerned)))
    message, now = FanningMessage(fanout=fanout), services.clock()
    later = now + services.config.timing.requeue
    put = _row(message, later)
    put = enqueued_put(put.key, put.data, now)
    services.store.commit(keys.partition(fanout.document), [put])
    return of_row(put.key, message.row)


def on_fanning(services: Services, message: FanningMessage) -> Outbound:
    """Return the events of the next dependents; the due row of these ends once they are enqueued."""
    home = message.fanout.document
    row = find_row(services.store, keys.partition(home), message.due)
    if row is None:
        return Outbound()  # another message has done this part
    if _is_scope(message.fanout) and not services.is_watched(home):
        services.store.commit(keys.partition(home), [Delete(row.key)])
        return Outbound()  # its resources are no longer watched either
    try:
        part = _next_part(services, message)
    except SourceUnavailable as error:
        part = _Part((), message, _next_try(message.fanout, error, services.clock()))
    if part.rest == message:  # nothing could be done
        moved: list[Write] = [Delete(row.key), _row(message, part.at)]
        services.store.commit(keys.partition(home), one_write_per_key(moved))
        return Outbound()
    if part.rest:
        _continue_at(services, part.rest, part.at)
    done = DoneMessage(home=home, due=message.due).text
    return Outbound(background=(*_events(message.fanout, part.resources), done))


def _next_try(fanout: Fanout, error: SourceUnavailable, now: datetime) -> datetime:
    """Return when to read a document again: after the time it has already waited, an hour at most."""
    waited = min(now - fanout.event.at, _LONGEST_PAUSE)
    return bounds.later(now, max(_PAUSE, waited, bounds.seconds_span(error.retry_after or 0)))


def _continue_at(services: Services, rest: FanningMessage, at: datetime) -> None:
    """Store the due row of the next part, unless a message that came twice has stored it."""
    put, shard = _row(rest, at), keys.partition(rest.fanout.document)
    if find_row(services.store, shard, put.key) is None:
        services.store.commit(shard, [put])


@dataclass(frozen=True, slots=True)
class _Part:
    """The dependents to evaluate now, and the message that continues at a time; None at the end."""

    resources: Sequence[str]
    rest: FanningMessage | None
    at: datetime


def _next_part(services: Services, message: FanningMessage) -> _Part:
    """Choose the next dependents; raise SourceUnavailable where a group or subscription is not read."""
    fanout, soon = message.fanout, services.clock() + _TICK
    if _is_scope(fanout) and not message.shown:
        shown, at = _shown_now(services, fanout.document)
        if message.again and at < bounds.later(
            fanout.event.at, settle_span(services.config.timing)
        ):
            return _Part((), message, soon)
        message = replace(message, shown=shown)
    rows = _dependents(services, fanout, _PAGE)
    chosen, later = _chosen(services, fanout, rows, message.shown)
    if later:
        return _Part(chosen.resources, _from(message, chosen.next_key), max(later, soon))
    if len(rows) == _PAGE:
        return _Part(chosen.resources, _from(message, f"{rows[-1].key}!"), soon)
    again = _from(message, "") if message.shown and not message.again else None
    proof = settle_span(services.config.timing) + AFTER_SETTLING
    settled = bounds.later(fanout.event.at, proof)
    again = again and replace(again, again=True, shown="")
    return _Part(chosen.resources, again, max(settled, soon))


def _from(message: FanningMessage, after: str) -> FanningMessage:
    return replace(message, fanout=replace(message.fanout, after=after))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Dependents to evaluate now; ``next_key`` is the first that must wait, "" for none."""

    resources: Sequence[str]
    next_key: str = ""


def _chosen(
    services: Services, fanout: Fanout, rows: Sequence[Row], shown: str
) -> tuple[_Chosen, datetime | None]:
    """Choose dependents within the shares; return when the others may follow, None if none waits."""
    found: list[str] = []
    for row in rows:
        resource = text_in(row.data, "resource")
        if not _is_concerned(fanout, resource):
            continue
        if shown and _remembered(services, resource, fanout.document) == shown:
            continue
        if len(found) == MOST_AT_ONCE:
            return _Chosen(found, row.key), services.clock()
        read = (resource, fanout.document)
        now = services.clock()
        if later := reserve(services.store, resource, read, Share.BACKGROUND, now=now):
            return _Chosen(found, row.key), later
        found.append(resource)
    return _Chosen(found), None


def _dependents(services: Services, fanout: Fanout, most: int) -> Sequence[Row]:
    document = ids.key(fanout.document)
    first, end = keys.below(RowKind.USES, keys.digest(document))
    return services.store.range(keys.partition(document), fanout.after or first, end, most)


def _events(fanout: Fanout, resources: Iterable[str]) -> list[str]:
    """Return the messages that evaluate dependents."""
    return [to_message(replace(fanout.event, target=each, deleted=False)) for each in resources]


def _is_concerned(fanout: Fanout, resource: str) -> bool:
    """Tell whether the write may matter to a dependent.

    A resource reads the group or subscription that contains it only for its tags. For dependents
    that use the document itself, its own evaluation reports when it becomes PHI: no other write of
    it matters.
    """
    is_inside = ids.key(resource).startswith(f"{ids.key(fanout.document)}/")
    return not is_inside or _is_scope(fanout) or _is_of_tags(fanout)


def _is_scope(fanout: Fanout) -> bool:
    return ids.type_of(fanout.document) in (ids.GROUP, ids.SUBSCRIPTION)


def _is_of_tags(fanout: Fanout) -> bool:
    return ids.key(fanout.event.subject).startswith(f"{ids.key(fanout.document)}/providers/")


def _row(message: FanningMessage, at: datetime) -> Put:
    """Return the due row of a part; its names are those of no other part."""
    fanout = message.fanout
    names = (fanout.document, fanout.event.id, f"{fanout.after} {message.again}")
    return due_put(message, at, *(keys.digest(each) for each in names))


def _record(services: Services, resource: str) -> Record:
    """Return the known data of a dependent; only the id if another version wrote it."""
    try:
        return load_record(services.store, resource).record
    except NotUnderstood:
        return Record(id=resource)


def _shown_now(services: Services, document: str) -> tuple[str, datetime]:
    """Read a group or subscription; return a hash of its values, and the time by Azure's clock."""
    reading = services.reader.get(document)
    bodies = (reading.body,) if reading.body is not None else None
    return _shown(services, document, bodies), reading.at


def _remembered(services: Services, resource: str, document: str) -> str | None:
    """Return a hash of the values of a group or subscription that a dependent saw last, None if not known."""
    record = _record(services, resource)
    read = load_cached_reads(services.store, record).get(ids.key(document))
    return _shown(services, document, read.bodies) if read else None


def _shown(services: Services, document: str, bodies: tuple[Mapping[str, Any], ...] | None) -> str:
    """Return a hash of what verdicts may take from it: its PHI tag, and values that controls watch."""
    values: tuple[str, ...] = ()
    if bodies:
        resource, kind = resource_of(bodies[0], document), ids.type_of(document)
        watched = {x for each in services.detectors for x in each.CONTROL.watches.get(kind, ())}
        found = (repr(resource.get(each)) for each in sorted(watched))
        values = (_phi_tag(services, resource), *found)
    return hashlib.sha256(repr(values).encode(errors="backslashreplace")).hexdigest()[:32]


def _phi_tag(services: Services, resource: Resource) -> str:
    try:
        return own_tag(resource, services.config.phi)
    except Unreadable as error:
        return str(error)
