"""A monitor on a clock that jumps, with an ARM that counts every read and enforces its limits."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from adapters.store.sqlite import SqliteStore
from bench.offline_services import offline_services
from drift import ids
from drift.config.model import Config
from drift.errors import SourceUnavailable
from drift.notices import Notice
from drift.observation.throttle_gate import ThrottledReader
from drift.pipeline import Monitor
from drift.ports import Audience, Listing, Reading
from drift.queues.outbound import Outbound

_READ: Final = timedelta(milliseconds=2)
"""The time of one read: 50 ms, and 24 of them at the same time."""

_TICK: Final = timedelta(seconds=10)


@dataclass
class Clock:
    """A clock that moves only by calls."""

    now: datetime = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@dataclass
class Bucket:
    """A limit: so many reads at once, and ``per_second`` more each second."""

    size: float
    per_second: float
    left: float = field(init=False)
    at: datetime | None = None

    def __post_init__(self) -> None:
        self.left = self.size

    def take(self, now: datetime) -> bool:
        """Take one read; False where the limit is used up."""
        passed = (now - self.at).total_seconds() if self.at else 0.0
        self.left, self.at = min(self.size, self.left + passed * self.per_second), now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Arm:
    """Documents by id. It counts reads by document and lists by collection, and every 429."""

    def __init__(self, bodies: Sequence[Mapping[str, Any]], clock: Clock) -> None:
        self.documents = {ids.key(str(each["id"])): each for each in bodies}
        self.gets: Counter[str] = Counter()
        self.lists: Counter[str] = Counter()
        self.refused = 0
        self.is_limited = True
        self._clock = clock
        # https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
        self._all = Bucket(250, 25)
        self._storage = {"get": Bucket(800, 800 / 300), "list": Bucket(100, 100 / 300)}

    def get(self, resource_id: str) -> Reading:
        """Read one document."""
        self._take(resource_id, "get")
        self.gets[ids.key(resource_id)] += 1
        body = self.documents.get(ids.key(resource_id))
        code = "" if body else "ResourceNotFound"
        return Reading(body, self._clock(), code, left=int(self._all.left))

    def list(self, collection_id: str, **_: object) -> Listing:
        """Read every item of a collection."""
        self._take(collection_id, "list")
        self.lists[ids.key(collection_id)] += 1
        below = f"{ids.key(collection_id)}/"
        items = (
            body
            for name, body in self.documents.items()
            for shown in (_without_group(name) if ids.is_list(collection_id) else name,)
            if shown.startswith(below) and "/" not in shown[len(below) :]
        )
        return Listing(tuple(items), self._clock(), left=int(self._all.left))

    def _take(self, what: str, how: str) -> None:
        if not self.is_limited:
            return
        self._clock.now += _READ
        buckets = [self._all]
        if ids.provider_of(what) == "microsoft.storage":
            buckets.append(self._storage[how])
        taken = [each.take(self._clock()) for each in buckets]
        if not all(taken):
            self.refused += 1
            raise SourceUnavailable(what, HTTPStatus.TOO_MANY_REQUESTS, retry_after=30.0)


def _without_group(name: str) -> str:
    """Return an id as the list of its whole subscription has it."""
    return re.sub("/resourcegroups/[^/]+", "", name)


@dataclass
class Teams:
    """A channel that keeps what it is sent."""

    name: str = "teams"
    audience: Audience = Audience.SIEM
    fingerprint: str = "bench"
    told: list[Notice] = field(default_factory=list)

    def send(self, notice: Notice, *, opening: bool) -> None:
        """Keep a notice."""
        del opening
        self.told.append(notice)


class VirtualMonitor:
    """A monitor, its queues, and the time that passes."""

    def __init__(self, bodies: Sequence[Mapping[str, Any]], folder: Path) -> None:
        self.clock = Clock()
        self.arm = Arm(bodies, self.clock)
        self.teams = Teams()
        store = SqliteStore(str(folder / "state.db"))
        self.services = offline_services(
            store=store,
            reader=ThrottledReader(self.arm, store, self.clock),
            channels=(self.teams,),
            config=Config(digest="bench"),
            subscription=ids.subscription_of(str(bodies[0]["id"])),
            clock=self.clock,
            closers=(store.close,),
        )
        self.monitor = Monitor(self.services)

    def run(self, work: Outbound) -> None:
        """Handle messages: events before background work."""
        queues = [deque(work.changes), deque(work.deliveries), deque(work.background)]
        steps = (self.monitor.evaluate, self.monitor.deliver, self.monitor.background)
        while any(queues):
            at = next(number for number, queue in enumerate(queues) if queue)
            done = steps[at](queues[at].popleft())
            for queue, texts in zip(queues, _texts(done), strict=True):
                queue.extend(texts)

    def later(self, span: timedelta) -> None:
        """Let time pass, with a tick each 10 s."""
        until = self.clock.now + span
        while self.clock.now < until:
            self.clock.now = min(until, self.clock.now + _TICK)
            self.run(self.monitor.tick())


def _texts(work: Outbound) -> Iterator[tuple[str, ...]]:
    yield from (work.changes, work.deliveries, work.background)
