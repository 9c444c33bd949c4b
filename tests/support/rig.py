"""A whole monitor on a real store, with fakes behind its ports: ARM, clock, channels."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.store.sqlite import SqliteStore
from bench.offline_services import offline_services
from drift import ids
from drift.config.model import Config, Timing
from drift.detector import Detector
from drift.errors import UNANSWERED, DriftError, SourceUnavailable
from drift.model import Actor
from drift.notices import Notice
from drift.observation.throttle_gate import ThrottledReader
from drift.pipeline import Monitor
from drift.ports import ActivityAnswer, Audience, Listing, Page, PageCheck, Reading, every_page
from drift.queues.outbound import MAX_MESSAGE_BYTES, Outbound
from drift.services import AppInfo
from drift.state import keys
from notifiers.channels import CHANNELS, titles
from tests.support.memory_store import MemoryStore

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/records"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/front"


_PAGE_SECONDS = 15.0
"""How long the reader waits for a page that does not answer, where nothing sets it a shorter time."""

_NO_TIMER: dict[str, Any] = {"sweep_overdue_hours": 1000}
"""A test sweeps when it says so, so no sweep is overdue."""


class Clock:
    """A clock that moves only if a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Arm:
    """ARM documents by id; a status instead of a body refuses; counts every read.

    ``meanwhile`` is called with the id of each read, before it is answered, and of each page of a
    list that has so many ``pages``. Pages of a list in ``hanging`` never answer: its function gets the
    seconds that were waited for one. ``fickle`` decides whether a read comes from a replica that is
    behind, where there is one. ``code`` is that of each refusal; Azure's clock is ``ahead`` of ours.
    """

    clock: Callable[[], datetime]
    documents: dict[str, Mapping[str, Any] | int] = field(default_factory=dict)
    reads: Counter[str] = field(default_factory=Counter)
    once: dict[str, list[Mapping[str, Any] | int]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    retry_after: float | None = None
    code: str = ""
    pages: dict[str, int] = field(default_factory=dict)
    hanging: dict[str, Callable[[float], None]] = field(default_factory=dict)
    absent: str = "ResourceNotFound"
    meanwhile: Callable[[str], None] = lambda _: None
    fickle: Callable[[], bool] = lambda: True
    behind: dict[str, tuple[datetime, Mapping[str, Any] | int]] = field(default_factory=dict)
    ahead: timedelta = timedelta()

    def put(self, resource_id: str, **body: Any) -> None:
        name = resource_id.rstrip("/").rsplit("/", 1)[-1]
        self.documents[ids.key(resource_id)] = {"id": resource_id, "name": name, **body}

    def body(self, resource_id: str) -> dict[str, Any]:
        """Return a copy of a document as it truly is."""
        found = self.documents[ids.key(resource_id)]
        assert not isinstance(found, int)
        return dict(found)

    def set(self, resource_id: str, **properties: Any) -> None:
        """Change properties of a document; None removes one."""
        body = self.body(resource_id)
        changed = {**body.get("properties", {}), **properties}
        body["properties"] = {name: value for name, value in changed.items() if value is not None}
        self.documents[ids.key(resource_id)] = body

    def refuse(self, resource_id: str, status: int) -> None:
        self.documents[ids.key(resource_id)] = status

    def answer_once(self, resource_id: str, body: Mapping[str, Any] | int) -> None:
        """Answer the next read of a document with what a lagging replica holds."""
        self.once.setdefault(ids.key(resource_id), []).append(body)

    def lag(self, resource_id: str, *, seconds: float) -> None:
        """Let every replica show a document as it is now for this time."""
        name = ids.key(resource_id)
        until = self.clock() + timedelta(seconds=seconds)
        self.behind[name] = (until, self.documents.get(name, 404))

    def shown(self, name: str) -> Mapping[str, Any] | int | None:
        """Return what a replica shows of a document now: its present or an earlier state."""
        until, before = self.behind.get(name, (self.clock(), 404))
        return before if self.clock() < until and self.fickle() else self.documents.get(name)

    def get(self, resource_id: str) -> Reading:
        name = ids.key(resource_id)
        self._count(name, resource_id)
        queued = self.once.get(name)
        found = queued.pop(0) if queued else self.shown(name)
        if isinstance(found, int) and found != 404:
            raise SourceUnavailable(resource_id, found, retry_after=self.retry_after)
        if found is None or isinstance(found, int):
            return Reading(None, self._date(), self.absent)
        return Reading(found, self._date())

    def _count(self, name: str, resource_id: str) -> None:
        self.reads[name] += 1
        self.meanwhile(name)
        if name in self.refused:
            status = self.refused[name]
            raise SourceUnavailable(resource_id, status, self.code, retry_after=self.retry_after)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        name = ids.key(collection_id)
        for page in range(self.pages.get(name, 1)):
            self._begin_page(collection_id, before_page, is_first=not page)
        below, shorten = f"{name}/", _without_group if ids.is_list(name) else str
        items = (
            self.shown(key)
            for key in self.documents.keys() | self.behind.keys()
            for within in (shorten(key),)
            if within.startswith(below) and "/" not in within[len(below) :]
        )
        return Listing(tuple(each for each in items if isinstance(each, Mapping)), self._date())

    def _begin_page(self, collection_id: str, before_page: PageCheck, *, is_first: bool) -> None:
        name, seconds = ids.key(collection_id), before_page()
        if is_first:
            self._count(name, collection_id)
        else:
            self.meanwhile(name)
        if isinstance(refused := self.documents.get(name), int):
            raise SourceUnavailable(collection_id, refused, retry_after=self.retry_after)
        if name in self.hanging:
            self.hanging[name](_PAGE_SECONDS if seconds is None else min(seconds, _PAGE_SECONDS))
            raise SourceUnavailable(collection_id, UNANSWERED, "TimedOut")

    def _date(self) -> datetime:
        """Return the Date of an answer, which has whole seconds."""
        return (self.clock() + self.ahead).replace(microsecond=0)


def _without_group(name: str) -> str:
    """Return an id as the list of its whole subscription has it."""
    return re.sub("/resourcegroups/[^/]+", "", name)


@dataclass
class Graph:
    """Resource Graph: lists what ARM has, page by page, as it was when it looked last.

    ``failing`` is raised instead while it is set; ``missing`` are ids that it does not show (yet),
    ``broken`` those whose rows it cannot show. ``role_effective``: else it refuses nothing, and lists
    nothing.
    """

    arm: Arm
    failing: SourceUnavailable | None = None
    missing: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    role_effective: bool = True
    pages: int = 0

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        if self.failing:
            raise self.failing
        self.pages += 1
        names = [each for each in self._listed(subscription, types) if each > after]
        if names and names[0] in self.broken:
            after = names[0] if len(names) > 1 else ""
            return Page(
                (), self.arm.clock(), after, unreadable=(str(self.arm.body(names[0])["id"]),)
            )
        size = next((at for at, each in enumerate(names[:size]) if each in self.broken), size)
        rows = tuple(self._row(each) for each in names[:size])
        more = len(names) > size
        return Page(rows, self.arm.clock(), names[size - 1] if more else "")

    def members(self, subscription: str) -> Sequence[str]:
        if self.failing:
            raise self.failing
        return [
            str(body["id"])
            for name, body in self.arm.documents.items()
            if isinstance(body, Mapping)
            and ids.subscription_of(name) == subscription
            and name.partition("/providers/")[2].count("/") == 2
        ]

    def groups(self, subscription: str) -> Sequence[str]:
        """Return what ARM lists, independently of Resource Graph."""
        if self.failing:
            raise self.failing
        return [
            str(body["id"])
            for name, body in self.arm.documents.items()
            if isinstance(body, Mapping)
            and ids.type_of(name) == ids.GROUP
            and ids.subscription_of(name) == subscription
        ]

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        wanted = {f"/subscriptions/{subscription}/resourcegroups/{each}" for each in groups}
        wanted.add(f"/subscriptions/{subscription}")
        there = sorted(wanted & self.arm.documents.keys())
        return Page(tuple(self._row(each) for each in there), self.arm.clock())

    def _listed(self, subscription: str, types: Sequence[str]) -> list[str]:
        return sorted(
            name
            for name, body in self.arm.documents.items()
            if isinstance(body, Mapping)
            and ids.subscription_of(name) == subscription
            and ids.type_of(name) in types
            and name not in self.missing
            and self.role_effective
        )

    def _row(self, name: str) -> Mapping[str, Any]:
        """Return a document as a row shows it: its type in lower case, booleans as numbers."""
        body = self.arm.body(name)
        return {**body, "type": ids.type_of(name), "properties": numeric(body.get("properties"))}


def assert_fits_a_queue(work: Outbound) -> None:
    """Refuse what a queue in Azure would refuse."""
    sizes = [len(text.encode()) for text in (*work.changes, *work.deliveries)]
    assert max(sizes, default=0) <= MAX_MESSAGE_BYTES


def numeric(value: Any) -> Any:
    """Return a value with its booleans as 1 and 0."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Mapping):
        return {name: numeric(each) for name, each in value.items()}
    return [numeric(each) for each in value] if isinstance(value, list) else value


@dataclass
class Channel:
    """Keeps the messages that it receives; raises ``refusal`` while that is set."""

    name: str
    audience: Audience = Audience.PEOPLE
    fingerprint: str = "as installed"
    told: list[tuple[Notice, bool]] = field(default_factory=list)
    refusal: DriftError | None = None

    def send(self, notice: Notice, *, opening: bool) -> None:
        if self.refusal:
            raise self.refusal
        self.told.append((notice, opening))

    @property
    def changes(self) -> list[str]:
        """Return ``CONTROL change`` for every message that it received."""
        return [f"{notice.control_id} {notice.change}" for notice, _ in self.told]


@dataclass
class Log:
    """An activity log with one answer after another; the last one stays."""

    answer: ActivityAnswer
    then: list[ActivityAnswer] = field(default_factory=list)
    asked: list[Actor] = field(default_factory=list)
    correlations: list[str] = field(default_factory=list)

    def writes_by(
        self, actor: Actor, *, since: datetime, until: datetime, correlation_id: str
    ) -> ActivityAnswer:
        self.asked.append(actor)
        self.correlations.append(correlation_id)
        answer, self.answer = self.answer, self.then.pop(0) if self.then else self.answer
        return answer


class Rig:
    """A monitor and its queues: ``run`` works them off, ``later`` lets time pass minute by minute.

    Without a folder its store is in memory. ``on_work`` is called with all that goes into the queues.
    """

    def __init__(self, folder: Path | None, *, timing: Timing | None = None) -> None:
        self.on_work: Callable[[Outbound], None] = lambda _: None
        self.clock = Clock()
        self.arm = Arm(self.clock)
        self.graph = Graph(self.arm)
        self.teams = Channel("teams")
        self.pagerduty = Channel("pagerduty", Audience.PAGER)
        self.splunk = Channel("splunk", audience=Audience.SIEM)
        self.store = SqliteStore(folder / "state.db") if folder else MemoryStore()
        self.services = offline_services(
            store=self.store,
            reader=ThrottledReader(self.arm, self.store, self.clock),
            channels=(self.teams, self.pagerduty, self.splunk),
            config=Config(timing=replace(timing or Timing(), **_NO_TIMER), digest="first"),
            subscription=SUBSCRIPTION,
            clock=self.clock,
            inventory=self.graph,
            channel_titles=titles(CHANNELS),
        )
        self._events = 0

    @property
    def monitor(self) -> Monitor:
        return Monitor(self.services)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def use(self, store: MemoryStore) -> None:
        """Restart the monitor on another store."""
        self.store = store
        self.change(store=store, reader=ThrottledReader(self.arm, store, self.clock))

    def change(self, **services: Any) -> None:
        """Restart the monitor with other parts."""
        self.services = replace(self.services, **services)

    def event(self, resource_id: str, **details: Any) -> dict[str, Any]:
        """Return an Event Grid event about a write of this resource, by a person."""
        self._events += 1
        kind = details.pop("kind", "Microsoft.Resources.ResourceWriteSuccess")
        claims = {
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "dana@clinic.example",
            "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid-dana",
            "ipaddr": "203.0.113.9",
            "http://schemas.microsoft.com/claims/authnmethodsreferences": "pwd,mfa",
        }
        return {
            "id": f"event-{self._events}",
            "eventType": kind,
            "subject": resource_id,
            "eventTime": self.clock.now.isoformat(),
            "topic": f"/subscriptions/{SUBSCRIPTION}",
            "dataVersion": "2",
            "metadataVersion": "1",
            "data": {
                "resourceUri": resource_id,
                "operationName": f"{ids.type_of(resource_id)}/write",
                "status": "Succeeded",
                "correlationId": f"correlation-{self._events}",
                "claims": claims,
                **details,
            },
        }

    def body(self, resource_id: str) -> str:
        """Return the body of a fresh event about a write of this resource."""
        return json.dumps(self.event(resource_id))

    def configure(self, **choices: Any) -> None:
        """Change monitor.toml, without telling the monitor that it changed."""
        self.change(config=replace(self.services.config, **choices))

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Take one event in and work off everything it leads to."""
        self.run(Outbound(changes=self.monitor.intake(json.dumps(event))))

    def write(self, resource_id: str, **details: Any) -> dict[str, Any]:
        """Deliver a fresh event about this resource, and return it."""
        event = self.event(resource_id, **details)
        self.deliver(event)
        return event

    def run(self, work: Outbound) -> None:
        """Work off messages until none is left."""
        while work != Outbound():
            assert_fits_a_queue(work)
            self.on_work(work)
            done = Outbound()
            for text in work.changes:
                done += self.monitor.evaluate(text)
            for text in work.background:
                done += self.monitor.background(text)
            for text in work.deliveries:
                done += self.monitor.deliver(text)
            work = done

    def later(self, *, minutes: int = 0, seconds: int = 0) -> None:
        """Let time pass, with a tick each 10 s, after 3 minutes each minute, and one at the end."""
        left, passed = 60 * minutes + seconds, 0
        while left:
            span = min(left, 10 if passed < 180 else 60)
            self.clock.advance(seconds=span)
            self.run(self.monitor.tick())
            left, passed = left - span, passed + span

    def store_rows(self, prefix: str) -> int:
        """Count the rows whose key begins so, in all partitions."""
        found = (self.store.range(each, prefix, f"{prefix}~") for each in keys.PARTITIONS)
        return sum(len(rows) for rows in found)

    def only(self, *detectors: Detector) -> None:
        """Judge by these controls alone."""
        self.change(detectors=detectors)

    def switch_off(self, *control_ids: str) -> None:
        """Change monitor.toml: these controls are disabled, and the configuration has a new hash."""
        config = replace(self.services.config, disabled=frozenset(control_ids), digest="second")
        self.change(config=config, facts=self.facts("second"))

    def facts(self, config_hash: str) -> AppInfo:
        """Return the facts of the app under rules with another hash."""
        return replace(self.services.facts, config_hash=config_hash)

    def ahead(self, *, seconds: float) -> Monitor:
        """Return another instance, whose clock is ahead (or, below zero, behind)."""
        span = timedelta(seconds=seconds)
        return Monitor(replace(self.services, clock=lambda: self.clock() + span))
