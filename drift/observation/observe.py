"""Observe one resource: read it once, evaluate its controls, and return all results."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.arm.relations import links_of
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.controls.engine import evaluate_controls
from drift.controls.result import ControlResult
from drift.detector import detectors_of
from drift.errors import SourceUnavailable, Unreadable
from drift.estate import Scope
from drift.model import Resource
from drift.observation.observation import Observation
from drift.observation.polled import is_polled
from drift.observation.read_budget import BudgetedReader, is_low
from drift.observation.read_estate import ReadCache, ReadEstate, resource_of
from drift.observation.sharing import sharing
from drift.observation.snapshot import snapshot
from drift.observation.timely_reader import TimelyReader
from drift.phi import resolver
from drift.ports import every_page
from drift.services import Services
from drift.state.resource_record import Record

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

_LONGEST: Final = timedelta(seconds=20)
"""After this time an observation begins no read, so that it ends within its lease of a minute."""

_LONGEST_AGED: Final = timedelta(hours=6)
"""Maximum age of a cached read that is used because ARM's limit allows no new read."""

_SLOW: Final = timedelta(seconds=2)
"""After this time a list counts as slow: the results so far are handed over before its next page.

Lists are usually answered in less than a second, and then everything is stored and sent at once.
"""


LINKS_UNCLEAR: Final = "LinksNotUnderstood"
"""The code of a document whose references have an unknown form."""

_GONE: Final = frozenset({"resourcenotfound", "resourcegroupnotfound", "parentresourcenotfound"})
"""Error codes of a 404 by which the resource itself, or its parent or group, does not exist."""

_GONE_BY_TYPE: Final[Mapping[str, str]] = {"microsoft.network/virtualnetworks/subnets": "notfound"}
"""Error codes by type for children whose absence their provider reports, not ARM."""


@dataclass(frozen=True, slots=True)
class SeenSoFar:
    """A resource whose evaluation waits for slow lists, as ARM showed it at a time by Azure's clock."""

    resource: Resource
    estate: ReadEstate
    at: datetime
    own: CachedRead | None


OnSlow = Callable[[SeenSoFar], None]
"""Is called once in an evaluation that waits for slow lists."""


def observe(
    services: Services,
    record: Record,
    cached: Mapping[str, CachedRead],
    *,
    own: CachedRead | None = None,
    again: frozenset[str] = frozenset(),
    keeps_old: bool = False,
    on_slow: OnSlow | None = None,
) -> Observation:
    """Read a resource and the documents that its controls need; never raise for a failed read.

    ``own`` is the resource's own document if it is cached and need not be read. ``again`` are
    related documents that are read although they are cached. ``keeps_old``: a related document is
    not read again only because of its age. ``on_slow`` gets the results so far if lists are slow.
    """
    began = services.clock()
    around = partial(read_estate_of, services, record, cached, began, again=again)
    if own and own.bodies:
        estate = around(keeps_old=keeps_old)
        seen = SeenSoFar(resource_of(own.bodies[0], record.id), estate, own.at, own)
        return _evaluated(services, record, seen, on_slow)
    try:
        reading = services.reader.get(record.id)
    except SourceUnavailable as error:
        return failed_observation(began, error)
    if reading.body is None:  # no cache: the subscription must be readable now
        return _absent(
            record, reading.code, reading.at, read_estate_of(services, record, {}, began)
        )
    # A retry after a failed read is not delayed again, however low the read budget is.
    left = None if record.failing else reading.left
    estate = around(left=left, keeps_old=keeps_old or is_low(left), shares=True)
    own = CachedRead(reading.at, began, (reading.body,))
    seen = SeenSoFar(resource_of(reading.body, record.id), estate, reading.at, own)
    return _evaluated(services, record, seen, on_slow)


def _evaluated(
    services: Services, record: Record, seen: SeenSoFar, on_slow: OnSlow | None
) -> Observation:
    _hand_over(services, record, seen, on_slow)
    return observe_document(services, record, seen.resource, seen.estate, at=seen.at, own=seen.own)


def _hand_over(services: Services, record: Record, seen: SeenSoFar, on_slow: OnSlow | None) -> None:
    """Hand over the results so far, once, before the next page of a slow list.

    If the previous process died while it read the resource, its lists may be the reason: then the
    results are handed over before the first page.
    """
    if on_slow is None:
        return
    from_then = services.clock() + (timedelta() if record.lost else _SLOW)
    turn = threading.RLock()  # lists may be read side by side

    def before_page() -> None:
        with turn:
            if seen.estate.before_page is before_page and services.clock() >= from_then:
                seen.estate.before_page = every_page
                on_slow(seen)

    seen.estate.before_page = before_page


def observe_document(
    services: Services,
    record: Record,
    resource: Resource,
    estate: ReadEstate,
    *,
    at: datetime,
    own: CachedRead | None,
) -> Observation:
    """Evaluate a resource and its related resources as shown at a time by Azure's clock.

    ``own`` is the answer of ARM that showed it, None if Resource Graph did. If its links cannot be
    understood, this counts as a failed read: the linked resources cannot be evaluated, so it is
    read again.
    """
    controls = [each.CONTROL for each in detectors_of(services.detectors, resource.type)]
    evaluated = _results_of(services, resource, estate, record) if controls else _Results()
    links = links_of(resource)
    unclear = SourceUnavailable(record.id, HTTPStatus.OK, LINKS_UNCLEAR)
    return Observation(
        began=estate.now,
        at=at,
        own=own,
        results=evaluated.results,
        scope=evaluated.scope,
        phi=evaluated.phi,
        links=links,
        failures=(*estate.failures, *([unclear] if links is None else [])),
        asked=estate.asked,
        documents=_read_times(record.id, own, estate),
        properties=snapshot(resource, estate.resources, controls),
        silent_since=_silent_since(services, estate),
    )


@dataclass(frozen=True, slots=True)
class _Results:
    """The control results of a resource; the defaults where no control applies to its type."""

    results: tuple[ControlResult, ...] = ()
    scope: Scope | None = None
    phi: resolver.PriorScope | None = None


def _results_of(
    services: Services, resource: Resource, estate: ReadEstate, record: Record
) -> _Results:
    before = resolver.PriorScope(record.phi_tag, record.phi_because)
    scope = resolver.LazyScopeResolver(resource, estate, services.config.phi, before)
    run = services.run_reads
    results = evaluate_controls(
        services.detectors,
        resource,
        estate,
        scoping=scope,
        config=services.config,
        in_rounds=partial(estate.deferred, run) if run else None,
    )
    return _Results(results, scope.so_far(), scope.scope_to_store())


def failed_observation(began: datetime, failure: SourceUnavailable) -> Observation:
    """Return the observation of a resource whose own read failed."""
    return Observation(began=began, at=began, failures=(failure,))


def read_estate_of(
    services: Services,
    record: Record,
    cached: Mapping[str, CachedRead],
    now: datetime,
    *,
    again: frozenset[str] = frozenset(),
    left: int | None = None,
    keeps_old: bool = False,
    shares: bool = False,
) -> ReadEstate:
    """Return the estate around a resource: cached reads where they are still valid, else new reads.

    Only new events may use an old cached read: a sweep, a poll or a retry waits for a new one.
    ``shares``: an answer of another evaluation may be used too, unless an event forbids it. It is as
    late as the newest event that is owed; where none is owed, as in a sweep, it may be 15 s old.
    """
    has_new_events = record.wanted > record.served
    memory = ReadCache(
        cached=cached,
        suspects=frozenset(record.suspects),
        oldest=_NEVER if keeps_old else oldest_valid(services, now),
        oldest_aged=now - _LONGEST_AGED if has_new_events else None,
        again=again,
    )
    timely = TimelyReader(services.reader, services.clock, now + _LONGEST)
    reader = BudgetedReader(timely, record.id, left)
    others = sharing(services.shared_reads, services.clock, record, again) if shares else None
    return ReadEstate(
        reader,
        memory,
        baseline=services.config.baseline,
        now=now,
        owner=record.id,
        others=others,
    )


def oldest_valid(services: Services, now: datetime) -> datetime:
    """Return the time before which a read of a related resource is old."""
    return now - timedelta(minutes=services.config.timing.related_minutes)


def _absent(record: Record, code: str, at: datetime, estate: ReadEstate) -> Observation:
    """Return *gone* only for an error code that means it, and while the subscription is readable."""
    refused = SourceUnavailable(record.id, HTTPStatus.NOT_FOUND, code)
    if code.lower() not in _GONE and code.lower() != _GONE_BY_TYPE.get(ids.type_of(record.id)):
        return Observation(began=estate.now, at=at, failures=(refused,))
    subscription = ids.subscription_of(record.id)
    try:
        readable = estate.get(f"/subscriptions/{subscription}") is not None
    except Unreadable:
        readable = False
    if not readable:
        return Observation(began=estate.now, at=at, failures=estate.failures or (refused,))
    return Observation(began=estate.now, at=at, gone=True, asked=estate.asked)


def _read_times(
    resource_id: str, own: CachedRead | None, estate: ReadEstate
) -> dict[str, datetime]:
    """Return when each document was read; a document that ARM did not answer covers no event."""
    related = {name: _as_of(each) for name, each in estate.asked.items()}
    refused = {ids.key(each.what): _NEVER for each in estate.failures}
    return related | refused | {ids.key(resource_id): _as_of(own) if own else _NEVER}


def _as_of(answer: CachedRead) -> datetime:
    return _NEVER if answer.listed else bounds.earlier(answer.at, MARGIN)


def _silent_since(services: Services, estate: ReadEstate) -> datetime | None:
    """Return the oldest read time of the documents that change without an event."""
    silent = [
        each.read for name, each in estate.asked.items() if is_polled(name, services.is_watched)
    ]
    return min(silent, default=None)
