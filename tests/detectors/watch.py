"""A monitor of one example that counts reads and records verdicts."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from detectors.examples import Example
from drift import ids
from drift.codec import encode, versioned
from drift.config.model import Config
from drift.detector import Detector
from drift.errors import SourceUnavailable, Unreadable
from drift.estate import Estate
from drift.events import LINKED, Event, to_message
from drift.model import Outcome, Resource, Severity, Verdict
from drift.observation.throttle_gate import ThrottledReader
from drift.ports import Inventory, Listing, Page, PageCheck, Put, Reader, Reading, every_page
from drift.queues.outbound import Outbound
from drift.remediation.az_commands import command
from drift.services import AppInfo
from drift.state import due_rows, keys
from drift.state.incident_record import load_incident
from drift.state.resource_record import Record, StoredRecord, load_record
from drift.state.sweep_state import Phase, Sweep, find_sweep, sweep_key
from drift.sweep.inventory_rows import observe_row, resources_in
from sandbox.arm.resources import Change
from sandbox.eventgrid.events import resource_event
from sandbox.seeded_random import SeededRandom
from tests.support.rig import Clock, Rig

_UNREAD = re.compile(r"Cannot tell: .*?[.](?= |$)|HTTP \d+( \w+)?")
"""Why something could not be read, in the words of each way to evaluate."""


_MOST_MINUTES = 8
"""A sweep of a few resources ends in this time, unless a source refuses."""


@dataclass(frozen=True, slots=True)
class Said:
    """The result of a resource; the reason in lower case, without the cause of unknown parts."""

    outcome: Outcome
    severity: Severity | None
    reason: str
    command: str | None
    note: str

    @classmethod
    def by(cls, verdict: Verdict, severity: Severity | None) -> Self:
        fix = verdict.fix
        reason = _UNREAD.sub("…", verdict.reason).lower()
        repair = (command(fix), fix.note) if fix else (None, "")
        return cls(verdict.outcome, severity, reason, *repair)


def config_of(example: Example) -> Config:
    return Config(baseline=example.baseline, phi=example.phi, digest="first")


class Noting:
    """A control that notes each of its verdicts, and of which resource it is."""

    def __init__(self, detector: Detector) -> None:
        self.CONTROL = detector.CONTROL
        self.verdicts: list[tuple[str, Verdict]] = []
        self._detector = detector

    def evaluate(self, resource: Resource, estate: Estate) -> Verdict:
        try:
            verdict = self._detector.evaluate(resource, estate)
        except Unreadable as error:
            verdict = Verdict(Outcome.UNKNOWN, f"Cannot tell: {error}.")
        self.verdicts.append((ids.key(resource.id), verdict))
        return verdict


@dataclass
class Reads:
    """A reader that counts its reads; while it is ``refused``, ARM gives no answer."""

    reader: Reader
    refused: bool = False
    asked: Counter[str] = field(default_factory=Counter)

    def get(self, resource_id: str) -> Reading:
        self._ask(resource_id)
        return self.reader.get(resource_id)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        self._ask(collection_id)
        return self.reader.list(collection_id, before_page=before_page)

    def _ask(self, document: str) -> None:
        self.asked[ids.key(document)] += 1
        if self.refused:
            raise SourceUnavailable(document, 403, "AuthorizationFailed")


@dataclass
class Rows:
    """An inventory that keeps the resources in the rows it has shown, and the tags above them."""

    inventory: Inventory
    shown: dict[str, Resource] = field(default_factory=dict)
    tagged: Page | None = None

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        page = self.inventory.page(subscription, types, after=after, size=size)
        found = (each for row in page.rows for each in resources_in(row))
        self.shown.update((ids.key(each.id), each) for each in found)
        return page

    def members(self, subscription: str) -> Sequence[str]:
        return self.inventory.members(subscription)

    def groups(self, subscription: str) -> Sequence[str]:
        return self.inventory.groups(subscription)

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        self.tagged = self.inventory.tags(subscription, groups)
        return self.tagged


class Watch(Rig):
    """A monitor of one control that has never seen an example's resource, but for its former tag."""

    def __init__(
        self, example: Example, *, reader: Reader, inventory: Inventory, clock: Clock
    ) -> None:
        super().__init__(None)
        self.reads, self.rows = Reads(reader), Rows(inventory)
        self.clock = clock
        self._control = Noting(example.detector)
        self._resource_id = example.resource.id
        tag = example.former_tag or ""
        self._past = Record(id=example.resource.id, phi_tag=tag, phi_because=tag)
        self.change(
            reader=ThrottledReader(self.reads, self.store, clock),
            inventory=self.rows,
            channels=(),
            detectors=(self._control,),
            config=config_of(example),
            facts=_facts_of(example, self.services.facts),
            clock=clock,
        )
        if tag:
            home = keys.partition(self._resource_id)
            self.store.commit(home, [StoredRecord(self._past, "", None).put()])

    @property
    def record(self) -> Record:
        return load_record(self.store, self._resource_id).record

    @property
    def verdicts(self) -> list[Verdict]:
        """Return each verdict on the resource so far."""
        own = ids.key(self._resource_id)
        return [verdict for about, verdict in self._control.verdicts if about == own]

    @property
    def own_reads(self) -> int:
        """Return how often ARM was asked for the resource itself."""
        return self.reads.asked[ids.key(self._resource_id)]

    @property
    def was_read(self) -> bool:
        """Tell whether ARM was asked for the resource itself."""
        return self.own_reads > 0

    @property
    def said(self) -> Said | None:
        """Return the stored reason of the last verdict, None if nothing is stored."""
        control = self._control.CONTROL.id
        state = self.record.controls.get(control)
        if state is None or not self.verdicts:
            return None
        last, severity = replace(self.verdicts[-1], outcome=state.outcome), None
        if state.open and state.outcome is Outcome.FAIL:
            incident = load_incident(self.store, self._resource_id, control, state.number)
            severity = incident.severity if incident else None
        return Said.by(last, severity)

    @property
    def told_first(self) -> Severity | None:
        """Return the severity that was sent first, None if nothing was sent."""
        return self.splunk.told[0][0].severity if self.splunk.told else None

    def deliver_change(self, change: Change, chance: SeededRandom) -> None:
        """Notify the monitor of a write: by its event, or for a tenant by a message."""
        tenant = self.services.facts.tenant
        if not tenant or ids.subscription_of(change.place.path):
            self.deliver(resource_event(change, chance))
            return
        event = Event(
            id=chance.guid("change"),
            type=LINKED,
            operation="",
            subject=change.place.path,
            target=tenant,
            at=change.at,
            actor=None,
            correlation_id="",
            deleted=False,
        )
        self.run(Outbound(changes=(to_message(event),)))

    def listen(self) -> None:
        """Let a channel get messages from now on."""
        self.change(channels=(self.splunk,))

    def settle(self) -> None:
        """Let time pass until the resource was seen, and not by a replica that may be behind.

        A document that is never finished is read again each hour for ever: two hours show enough.
        """
        until = self.clock.now + timedelta(hours=2)
        while (due := _unsettled(self.record)) and min(due) < until:
            self.clock.now = max(self.clock.now, *due) + timedelta(seconds=1)
            self.run(self.monitor.tick())

    def sweep(self) -> None:
        """Sweep to the end: it waits for a group that is not listed, and for ever for one refused."""
        self.run(self.monitor.sweep())
        for _ in range(_MOST_MINUTES):
            states = [find_sweep(self.store, each)[0] for each in self.services.facts.subscriptions]
            if not any(each and each.is_under_way for each in states):
                return
            self.later(minutes=1)

    def past_first_contact(self) -> None:
        """Have an earlier sweep finished: a first one waits for a group that nobody may read."""
        now = self.clock.now
        for subscription in self.services.facts.subscriptions:
            done = Sweep(
                subscription=subscription,
                run=1,
                first=False,
                started=now,
                phase=Phase.DONE,
                finished=now,
                last_good=now,
            )
            put = Put(sweep_key(done.home), versioned(encode(done)))
            self.store.commit(keys.partition(done.home), [put])

    def by_row_alone(self) -> Said | None:
        """Judge the resource by its row, with nothing read around it; None where it has no row."""
        resource = self.rows.shown.get(ids.key(self._resource_id))
        if resource is None or self.rows.tagged is None:
            return None
        nobody = replace(self.services, reader=Reads(self.reads, refused=True))
        [found] = observe_row(nobody, self._past, resource, tags=self.rows.tagged).results
        return Said.by(found.verdict, found.severity)


def _facts_of(example: Example, facts: AppInfo) -> AppInfo:
    """Return the facts of an app that watches the subscription or the tenant of an example."""
    own = example.resource
    if own.type == ids.TENANT:
        return replace(facts, subscriptions=(), tenant_id=own.name)
    return replace(facts, subscriptions=(ids.subscription_of(own.id),))


def _unsettled(record: Record) -> list[datetime]:
    """Return when a resource is read again because an answer is in doubt or missing."""
    doubts = {due_rows.SETTLE, due_rows.TRAILING} | (set() if record.view else {due_rows.RETRY})
    return [at for why, at in record.due.items() if why in doubts]
