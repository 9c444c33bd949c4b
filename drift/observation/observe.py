"""Look at one resource: read it once, judge it by every control, and say what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from drift import ids
from drift.arm.relations import links_of
from drift.controls.engine import Judgement, judge
from drift.detector import detectors_of
from drift.errors import SourceUnavailable, Unreadable
from drift.estate import Scope
from drift.model import Resource
from drift.observation.clock_skew import MARGIN
from drift.observation.read_budget import RationedReader
from drift.observation.read_estate import (
    SILENT,
    Memory,
    ReadEstate,
    Remembered,
    TimelyReader,
    is_moving,
    resource_of,
)
from drift.observation.snapshot import snapshot
from drift.phi import resolver
from drift.services import Parts
from drift.state.resource_record import Record

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

_LONGEST: Final = timedelta(seconds=20)
"""How long a look goes on reading; with the last read it stays below the minute it may hold."""

_GONE: Final = frozenset({"resourcenotfound", "resourcegroupnotfound", "parentresourcenotfound"})
"""Error codes of a 404 that say the resource itself, or what it lies in, is not there."""

_GONE_BY_TYPE: Final[Mapping[str, str]] = {"microsoft.network/virtualnetworks/subnets": "notfound"}
"""What the provider of a child says of it; ARM knows only of its parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one look at a resource showed.

    ``began`` is our clock before the first read, ``at`` Azure's at the resource's own answer.
    ``gone``: Azure says that it does not exist, with the subscription readable. ``failures`` are
    the reads that failed, the resource's own among them.
    """

    began: datetime
    at: datetime
    gone: bool = False
    moving: bool = False
    judgements: tuple[Judgement, ...] = ()
    scope: Scope | None = None
    phi: resolver.Remembered | None = None
    links: Mapping[str, str] | None = None
    failures: tuple[SourceUnavailable, ...] = ()
    asked: Mapping[str, Remembered] = field(default_factory=dict)
    documents: Mapping[str, datetime] = field(default_factory=dict)
    properties: Mapping[str, Any] | None = None
    silent_since: datetime | None = None


def look(parts: Parts, record: Record, remembered: Mapping[str, Remembered]) -> Sight:
    """Read a resource and what its controls ask for; never raises for a read that fails."""
    began = parts.clock()
    try:
        reading = parts.reader.get(record.id)
    except SourceUnavailable as error:
        return unseen(began, error)
    if reading.body is None:  # whether the subscription can be read counts now, not a while ago
        return _absent(record, reading.code, reading.at, estate_of(parts, record, {}, began))
    # Whoever makes up for a read that failed is not put off again, however small the bucket is.
    left = None if record.failing else reading.left
    estate = estate_of(parts, record, remembered, began, left=left)
    return seen(parts, record, resource_of(reading.body, record.id), estate, at=reading.at)


def seen(
    parts: Parts, record: Record, resource: Resource, estate: ReadEstate, *, at: datetime
) -> Sight:
    """Judge a resource as it was shown at a time, by Azure's clock, and what lies around it."""
    controls = [each.CONTROL for each in detectors_of(parts.detectors, resource.type)]
    judged = _judged(parts, resource, estate, record) if controls else _Judged()
    return Sight(
        began=estate.now,
        at=at,
        moving=is_moving(resource.body),
        judgements=judged.judgements,
        scope=judged.scope,
        phi=judged.phi,
        links=links_of(resource),
        failures=estate.failures,
        asked=estate.asked,
        documents=_read_times(record.id, at, estate),
        properties=snapshot(resource, estate.resources, controls),
        silent_since=_silent_since(estate),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was judged of a resource; nothing, where no control judges it."""

    judgements: tuple[Judgement, ...] = ()
    scope: Scope | None = None
    phi: resolver.Remembered | None = None


def _judged(parts: Parts, resource: Resource, estate: ReadEstate, record: Record) -> _Judged:
    before = resolver.Remembered(record.phi_tag, record.phi_because)
    scope = resolver.LateScoping(resource, estate, parts.config.phi, before)
    judgements = judge(parts.detectors, resource, estate, scoping=scope, config=parts.config)
    return _Judged(judgements, scope.so_far(), scope.now_remembered())


def unseen(began: datetime, failure: SourceUnavailable) -> Sight:
    """Return what a look showed that could not read the resource."""
    return Sight(began=began, at=began, failures=(failure,))


def estate_of(
    parts: Parts,
    record: Record,
    remembered: Mapping[str, Remembered],
    now: datetime,
    *,
    left: int | None = None,
) -> ReadEstate:
    """Return what lies around a resource: what is remembered where it may be believed, else a read."""
    oldest = now - timedelta(minutes=parts.config.timing.related_minutes)
    memory = Memory(remembered=remembered, suspects=frozenset(record.suspects), oldest=oldest)
    timely = TimelyReader(parts.reader, parts.clock, now + _LONGEST)
    reader = RationedReader(timely, record.id, left)
    return ReadEstate(reader, memory, baseline=parts.config.baseline, now=now, owner=record.id)


def _absent(record: Record, code: str, at: datetime, estate: ReadEstate) -> Sight:
    """Say *gone* only on an error code that means it, and while the subscription can be read."""
    refused = SourceUnavailable(record.id, HTTPStatus.NOT_FOUND, code)
    if code.lower() not in _GONE and code.lower() != _GONE_BY_TYPE.get(ids.type_of(record.id)):
        return Sight(began=estate.now, at=at, failures=(refused,))
    subscription = ids.subscription_of(record.id)
    try:
        readable = estate.get(f"/subscriptions/{subscription}") is not None
    except Unreadable:
        readable = False
    if not readable:
        return Sight(began=estate.now, at=at, failures=estate.failures or (refused,))
    return Sight(began=estate.now, at=at, gone=True, asked=estate.asked)


def _read_times(resource_id: str, at: datetime, estate: ReadEstate) -> dict[str, datetime]:
    """Return as of when each document was read; one that could not be covers no event."""
    related = {name: each.at - MARGIN for name, each in estate.asked.items()}
    refused = {ids.key(each.what): _NEVER for each in estate.failures}
    return related | refused | {ids.key(resource_id): at - MARGIN}


def _silent_since(estate: ReadEstate) -> datetime | None:
    """Return when the oldest of the collections that change without an event was read."""
    silent = [each.read for name, each in estate.asked.items() if name.endswith(SILENT)]
    return min(silent, default=None)
