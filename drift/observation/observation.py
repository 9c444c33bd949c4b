"""The result of reading and evaluating one resource once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.controls.result import ControlResult
from drift.errors import SourceUnavailable
from drift.estate import Scope
from drift.phi.resolver import PriorScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The result of reading and evaluating one resource once.

    ``began`` is our clock before the first read, ``at`` Azure's clock in the resource's own answer.
    ``gone``: the resource does not exist, and its subscription is readable. ``failures`` are all
    failed reads, also that of the resource. ``asked`` are the related reads by key, ``documents`` the
    read time of each document. ``properties`` are the watched properties, None where the resource was
    not read. ``own`` is the resource's own answer, read now or cached; None where it was refused,
    absent, or a row of Resource Graph.
    """

    began: datetime
    at: datetime
    gone: bool = False
    own: CachedRead | None = None
    results: tuple[ControlResult, ...] = ()
    scope: Scope | None = None
    phi: PriorScope | None = None
    links: Mapping[str, str] | None = None
    failures: tuple[SourceUnavailable, ...] = ()
    asked: Mapping[str, CachedRead] = field(default_factory=dict)
    documents: Mapping[str, datetime] = field(default_factory=dict)
    properties: Mapping[str, Any] | None = None
    silent_since: datetime | None = None

    @property
    def refused(self) -> frozenset[str]:
        """Return the documents that could not be read."""
        return frozenset(ids.key(each.what) for each in self.failures)


def answers_of(observation: Observation, resource_id: str) -> dict[str, CachedRead]:
    """Return what ARM answered, by document; rows of Resource Graph prove nothing."""
    around = {name: each for name, each in observation.asked.items() if not each.listed}
    return around | ({ids.key(resource_id): observation.own} if observation.own else {})
