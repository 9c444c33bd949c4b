"""Random histories of two accounts and their vault: the true state at each time, and the messages about it.

Replicas lag up to 59 s, things happen inside reads, events come late, twice, in any order or never;
resources are deleted and created again, writes fail and are applied all the same, and processes are
killed. Azure's clock and those of the instances differ by up to 5 s, and days may pass, after which old
data is deleted. One seed determines a history, so a failure can be repeated.
"""

import functools
import itertools
import json
import random
from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from detectors.evidence import evidence
from drift import ids
from drift.config.model import Retention
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.notices import Change, Notice
from drift.pipeline import Monitor
from drift.ports import Write
from drift.queues.outbound import Outbound
from drift.state import keys
from drift.state.due_rows import RETRY
from drift.state.resource_record import load_record
from drift.state.sweep_state import find_sweep
from tests.scenarios.deadlines import LEASE, SETTLE, TICK, Deadlines, Reported
from tests.support import open_account
from tests.support.memory_store import MemoryStore
from tests.support.open_account import CONTAINERS, OPEN
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Graph, Rig

SCANS = f"{CONTAINERS}/scans"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
UNFINISHED = (
    "Microsoft.Resources.ResourceWriteFailure",
    "Microsoft.Resources.ResourceWriteCancel",
)
CREATED = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated"
OTHER = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/archive"
MOST_AHEAD = 2.0
"""How far the clock of an instance is ahead at most."""
LONGEST_LAG = 59


Step = tuple[str, str]
"""A function of the app that takes a message, and the message."""


class Killed(BaseException):
    """The process is gone."""


def named(subject: str) -> str:
    """Return the document that an event names: tags are in the document that they belong to."""
    return subject.removesuffix("/providers/Microsoft.Resources/tags/default")


def steps_of(work: Outbound) -> Iterator[Step]:
    """Yield what follows, each message with the function that takes it."""
    yield from (("evaluate", each) for each in work.changes)
    yield from (("deliver", each) for each in work.deliveries)
    yield from (("background", each) for each in work.background)


def _finding(notice: Notice) -> str:
    return f"{notice.control_id} {notice.resource_name}"


def _relies_on_the_vault(resource: Resource, azure: Estate) -> Verdict:
    """Fail while the vault that the account depends on is open."""
    vault = azure.get(VAULT)
    if vault is None or vault.flag("properties.open") is not True:
        return Verdict(Outcome.PASS, "the vault is closed")
    shown = (evidence(vault, "properties.open", of=resource),)
    return Verdict(Outcome.FAIL, "the vault is open", shown)


def is_public(resource: Resource, azure: Estate) -> Verdict:
    """Fail while a container is public, and show its property as evidence."""
    found = azure.children(resource.id, "blobServices/default/containers")
    public = [each for each in found if each.get("properties.publicAccess") == "Container"]
    shown = tuple(evidence(each, "properties.publicAccess", of=resource) for each in public)
    return Verdict(Outcome.FAIL if public else Outcome.PASS, "public", shown)


SCANS_TYPE = f"{open_account.TYPE}/blobservices/containers"
CONTAINER = open_account.toy(
    "TOY-CONTAINER", is_public, **{SCANS_TYPE: ("properties.publicAccess",)}
)
SHARED = open_account.toy(
    "TOY-SHARED", _relies_on_the_vault, **{"microsoft.keyvault/vaults": ("properties.open",)}
)


class WatchedStore(MemoryStore):
    """A store that knows when the next row is due, so that a tick with nothing to do is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.stamps: list[str] = []
        self.dies_after: int | None = None

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        super().commit(partition, writes)
        self._note(writes)
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after < 0:
                self.dies_after = None
                raise Killed

    def _note(self, writes: Sequence[Write]) -> None:
        for each in writes:
            if each.key.startswith("due|"):
                insort(self.stamps, each.key.split("|")[1])


class OldRows(Graph):
    """A Resource Graph whose rows may be as old as the write before the last."""

    def __init__(self, world: "World") -> None:
        super().__init__(world.rig.arm)
        self._world = world

    def _row(self, name: str) -> Mapping[str, Any]:
        row = super()._row(name)
        old = self._world.older.get(name)
        return {**row, **old} if old and self._world.dice.random() < 0.3 else row


@dataclass
class World:
    """A rig, the true state in it, and the path of its events."""

    dice: random.Random
    rig: Rig
    store: WatchedStore
    waiting: list[tuple[datetime, int, str]] = field(default_factory=list)
    failing: dict[str, datetime] = field(default_factory=dict)
    leased: list[tuple[datetime, Step]] = field(default_factory=list)
    deadlines: Deadlines = field(default_factory=Deadlines)
    older: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    deleted: dict[str, dict[str, Any]] = field(default_factory=dict)
    patience_until: datetime | None = None
    writers: dict[str, set[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    heard: int = 0
    lost: bool = False
    last_tick: datetime | None = None
    within_read: bool = False
    order: Iterator[int] = field(default_factory=itertools.count)
    azure_ahead: timedelta = timedelta()
    monitors: tuple[Monitor, ...] = ()
    accounts: tuple[str, ...] = (ACCOUNT,)

    def put(self, document: str, name: str, bad: object, good: object) -> None:
        """Write one property; it makes a control fail or pass, and an event may say so."""
        if ids.key(document) not in self.rig.arm.documents:
            return
        fails = self.dice.random() < 0.5
        self._lag(document, 0, 0, 2, 8, 30, LONGEST_LAG)
        self.rig.arm.set(document, **{name: bad if fails else good})
        self.announce(document)

    def account(self) -> None:
        self.put(self.dice.choice(self.accounts), "open", True, False)

    def container(self) -> None:
        self.put(SCANS, "publicAccess", "Container", "None")

    def vault(self) -> None:
        self.put(VAULT, "open", True, False)

    def fail_to_write(self) -> None:
        """Write a property; the write fails or is cancelled, and may be applied all the same."""
        document = self.dice.choice([*self.accounts, VAULT])
        if ids.key(document) not in self.rig.arm.documents:
            return
        if self.dice.random() < 0.7:
            self._lag(document, 0, 2, 8, 30, LONGEST_LAG)
            self.rig.arm.set(document, open=self.dice.random() < 0.6)
        self.announce(document, kind=self.dice.choice(UNFINISHED))

    def delete(self) -> None:
        """Delete an account with its container, or the vault; seconds later it may exist again."""
        document = self.dice.choice([*self.accounts, VAULT])
        if ids.key(document) not in self.rig.arm.documents:
            return
        for each in [document, *([SCANS] if document == ACCOUNT else [])]:
            self._lag(each, 0, 2, 30, LONGEST_LAG)
            self.deleted[each] = self.rig.arm.body(each)
            del self.rig.arm.documents[ids.key(each)]
        self.announce(document, kind=DELETED)
        if self.dice.random() < 0.3:
            self.live(self.dice.choice([0, 0.5, 3]))
            self.create()

    def create(self) -> None:
        """Create the deleted documents again, each with its own event."""
        for each, body in list(self.deleted.items()):
            self._lag(each, 0, 2, 30, LONGEST_LAG)
            self.rig.arm.documents[ids.key(each)] = body
            del self.deleted[each]
            self.announce(each)

    def _lag(self, document: str, *seconds: float) -> None:
        found = self.rig.arm.documents.get(ids.key(document))
        if isinstance(found, Mapping):
            self.older[ids.key(document)] = {"properties": found["properties"]}
        self.rig.arm.lag(document, seconds=self.dice.choice(seconds))

    def fails_now(self) -> Mapping[str, str]:
        """Return the failures in the present state of Azure, each with the document that causes it."""
        container, vault = self._properties(SCANS), self._properties(VAULT)
        truth = {"TOY-CONTAINER records": (SCANS, container.get("publicAccess") == "Container")}
        for each in self.accounts:
            account, name = self._properties(each), ids.name_of(each)
            truth[f"TOY-OPEN {name}"] = (each, account.get("open") is True)
            truth[f"TOY-SHARED {name}"] = (VAULT, bool(account) and vault.get("open") is True)
        return {name: document for name, (document, fails) in truth.items() if fails}

    def _properties(self, document: str) -> Mapping[str, Any]:
        found = self.rig.arm.documents.get(ids.key(document))
        return found["properties"] if isinstance(found, Mapping) else {}

    def _note_truth(self) -> None:
        """Note since when each control fails."""
        fails = self.fails_now()
        for each in fails:
            self.failing.setdefault(each, self.rig.clock.now)
        for each in self.failing.keys() - fails.keys():
            del self.failing[each]

    def kill(self) -> None:
        """Let the process die after one of its next commits; its message comes back later."""
        self.store.dies_after = self.dice.randint(0, 6)

    def _died(self) -> None:
        """Give everything the time until the messages of the killed process are visible again."""
        self.patience_until = self.rig.clock.now + LEASE
        self.deadlines.kills.append(self.rig.clock.now)

    def tag(self) -> None:
        """Tag the group or an account as PHI, or take the tag away."""
        phi, document = self.dice.random() < 0.5, self.dice.choice([GROUP, *self.accounts])
        if ids.key(document) not in self.rig.arm.documents:
            return
        self.rig.arm.lag(document, seconds=self.dice.choice([0, 5, 30]))
        tags = {"dataClassification": "phi"} if phi else {}
        self.rig.arm.put(document, **{**self.rig.arm.body(document), "tags": tags})
        self.announce(f"{document}/providers/Microsoft.Resources/tags/default")

    def note(self) -> None:
        """Change what no control judges: the event is one like any other."""
        document = self.dice.choice(self.accounts)
        if ids.key(document) not in self.rig.arm.documents:
            return
        self.rig.arm.lag(document, seconds=self.dice.choice([0, 2, 30]))
        self.rig.arm.set(document, note=str(self.dice.random()))
        self.announce(document)

    def sweep(self) -> None:
        self._survive(self._monitor.sweep)

    def days(self) -> None:
        """Let days pass in which no function runs, and a sweep that deletes what is old."""
        span = timedelta(days=self.dice.choice([1, 2]))
        self.rig.clock.now += span
        self.deadlines.put_off(span)
        self.sweep()
        self.live(60)

    @property
    def _monitor(self) -> Monitor:
        """Return one of the instances, whose clocks differ."""
        return self.dice.choice(self.monitors) if self.monitors else self.rig.monitor

    def refuse(self) -> None:
        """Have ARM refuse some documents for a while, or none any more."""
        arm = self.rig.arm
        arm.refused = {
            ids.key(each): self.dice.choice([0, 403, 429, 503])
            for each in self.dice.sample([*self.accounts, GROUP, VAULT, CONTAINERS], 2)
            if self.dice.random() < 0.6
        }

    def announce(self, document: str, **details: str) -> None:
        """Send the events of a write; its failures must be reported in time."""
        self._note_truth()
        actor = self.dice.choice(["dana", "sam", "kim"]) + "@clinic.example"
        is_deleted = (document, details) == (ACCOUNT, {"kind": DELETED})
        for each in (named(document), *((SCANS,) if is_deleted else ())):
            self.writers.setdefault(each, set()).add(actor)
        event = self.rig.event(document, claims={UPN: actor}, **details)
        event["eventTime"] = self._azure_now
        delays = [
            self.dice.choice([0, 0, 1, 3, 20, 100]) for _ in range(self.dice.choice([1, 1, 2]))
        ]
        if self.dice.random() < 0.1:
            delays.append(610)
        if self.dice.random() < 0.1:
            delays, self.lost = [], True
        for delay in delays:
            self._send(event, delay)
        write = Reported(named(document), self.rig.clock.now, self._fails_by(named(document)))
        self.deadlines.writes[event["id"]] = write
        exists = ids.key(document) in self.rig.arm.documents
        if document in self.accounts and exists and self.dice.random() < 0.2:
            payload = self._payload(document)
            self.deadlines.writes[payload["id"]] = write
            self._send(payload, self.dice.choice([0, 0, 3, 3, 20, 20, 300, 7_000]))

    def _fails_by(self, document: str) -> frozenset[str]:
        """Return what fails as a document was written last."""
        return frozenset(each for each, blamed in self.fails_now().items() if blamed == document)

    @property
    def _azure_now(self) -> str:
        return (self.rig.clock.now + self.azure_ahead).isoformat()

    def _payload(self, account: str) -> dict[str, Any]:
        body = {**self.rig.arm.body(account), "type": "Microsoft.Storage/storageAccounts"}
        time = {"resourceEventTime": self._azure_now}
        return self.rig.event(
            account, kind=CREATED, claims=None, resourceInfo=body, operationalInfo=time
        )

    def _send(self, event: Mapping[str, Any], delay: float) -> None:
        at = self.rig.clock.now + timedelta(seconds=delay)
        self.waiting.append((at, next(self.order), json.dumps(event)))

    def inside_a_read(self, _: str) -> None:
        """Let time pass, and things happen, while a read is under way."""
        if self.within_read or self.dice.random() > 0.15:
            return
        self.within_read = True
        self.rig.clock.advance(seconds=self.dice.choice([0, 0.5, 2]))
        self.dice.choice([self.account, self.container, self.vault])()
        self.within_read = False

    def live(self, seconds: float) -> None:
        """Let time pass: events arrive, ticks come each 10 s, and deadlines are watched."""
        until = self.rig.clock.now + timedelta(seconds=seconds)
        self.last_tick = self.last_tick or self.rig.clock.now
        while self.rig.clock.now < until:
            self._work_off_arrivals()
            wake_up = self._wake_up()
            if wake_up and self.rig.clock.now >= wake_up:
                self.last_tick = wake_up
                self.tick()
            self.watch()
            arrivals = [at for at, _, _ in self.waiting] + [at for at, _ in self.leased]
            wake_up = self._wake_up()
            then = min([until, *([wake_up] if wake_up else []), *arrivals])
            self.rig.clock.now = max(then, self.rig.clock.now + timedelta(milliseconds=100))

    def _wake_up(self) -> datetime | None:
        """Return the next tick at which something is due; the others are left out."""
        if not self.store.stamps or self.last_tick is None:
            return None
        due = datetime.strptime(self.store.stamps[0], keys.STAMP).replace(tzinfo=UTC)
        since, span = self.last_tick, TICK
        return since + span * max(1, -((since - due) // span))

    def tick(self) -> None:
        stamps, now = self.store.stamps, keys.stamp(self.rig.clock.now)
        if not stamps or stamps[0] >= now:
            return
        taken = keys.stamp(self.rig.clock.now - timedelta(seconds=MOST_AHEAD))
        self.store.stamps = [each for each in stamps if each >= taken]  # a clock may be behind
        self._survive(self._monitor.tick)

    def _work_off_arrivals(self) -> None:
        come = sorted(each for each in self.waiting if each[0] <= self.rig.clock.now)
        self.dice.shuffle(come)
        for each in come:
            self.waiting.remove(each)
            self._deliver(each[2])
        for at, step in list(self.leased):
            if at <= self.rig.clock.now:
                self.leased.remove((at, step))
                self.work_off([step])

    def _deliver(self, body: str) -> None:
        """Deliver an event: failures of known accounts by its write must be reported.

        A vault's event finds no dependents where none is known yet.
        """
        at, known = self.rig.clock.now, [x for x in self.accounts if self._is_known(x)]
        names = {ids.name_of(each) for each in known}
        findings = [
            each
            for each in self.failing
            if not each.startswith("TOY-SHARED") or each.split()[1] in names
        ]
        if self._survive(functools.partial(self._taken_in, body)):
            self.deadlines.deliver(json.loads(body)["id"], at, findings)
        else:
            self._send_again(body)

    def _taken_in(self, body: str) -> Outbound:
        return Outbound(changes=self._monitor.intake(body))

    def _send_again(self, body: str) -> None:
        """Deliver an event again that was not acknowledged, as Event Grid does."""
        at = self.rig.clock.now + timedelta(seconds=10)
        self.waiting.append((at, next(self.order), body))

    def _survive(self, run: Callable[[], Outbound]) -> bool:
        """Run a function of the app and handle its messages; tell whether it survived."""
        try:
            work = run()
        except Killed:
            self._died()
            return False
        self.work_off(list(steps_of(work)))
        return True

    def work_off(self, left: list[Step]) -> None:
        """Follow up messages in any order; those of a killed process come back after its lease."""
        while left:
            function, text = left.pop(self.dice.randrange(len(left)))
            try:
                done: Outbound = getattr(self._monitor, function)(text)
            except Killed:
                self._died()
                self.leased.append((self.rig.clock.now + LEASE, (function, text)))
                continue
            left += steps_of(done)
            self.watch()

    def watch(self) -> None:
        """Compare the reports with the true state."""
        self._note_truth()
        told, now = self.rig.splunk.told, self.rig.clock.now
        for notice, _ in told[self.heard :]:
            if notice.change in (Change.RESOLVED, Change.CLOSED):
                since = self.failing.get(_finding(notice))
                if since and notice.decided_at - since > SETTLE + timedelta(seconds=MOST_AHEAD):
                    self.wrong.append(f"{notice.control_id} {notice.change}, failing since {since}")
            if notice.changed_by and notice.changed_by.name not in self._writers_of(notice):
                self.wrong.append(f"{notice.changed_by.name} made nothing of {_finding(notice)}")
        self.heard = len(told)
        if self.rig.arm.refused:
            self.deadlines.refuse()
        else:
            self.deadlines.answer(self._next_read)
        self.wrong += self.deadlines.late(now, self.failing, self.told_open())

    def _writers_of(self, notice: Notice) -> set[str]:
        """Return who wrote the documents of a finding: account, container, vault, or the tags of a group."""
        related = {"TOY-CONTAINER": SCANS, "TOY-SHARED": VAULT}.get(notice.control_id, GROUP)
        documents = {notice.resource_id, related, GROUP}
        return {who for each in documents for who in self.writers.get(each, ())}

    def _next_read(self, finding: str) -> datetime:
        """Return when what ARM has refused is read again for the account of a finding."""
        account = next(each for each in self.accounts if ids.name_of(each) == finding.split()[1])
        retry = load_record(self.store, account).record.due.get(RETRY, self.rig.clock.now)
        return max(retry, self.rig.clock.now)

    def repeated(self) -> list[str]:
        """Return the messages that a channel received twice or in a wrong order."""
        found = []
        for channel in (self.rig.splunk, self.rig.teams, self.rig.pagerduty):
            uids = [notice.uid for notice, _ in channel.told]
            if len(uids) != len(set(uids)):
                found.append(f"{channel.name} was told twice")
            last: dict[str, int] = {}
            for notice, _ in channel.told:
                if notice.sequence <= last.get(notice.incident_id, -1):
                    found.append(f"{channel.name} {_finding(notice)} out of order")
                last[notice.incident_id] = notice.sequence
        return found

    def told_open(self) -> set[str]:
        """Return the controls whose incident is open by the messages that were sent.

        A notification about a verdict that is unknown for long is a separate message, and ends no
        incident.
        """
        told = (each for each, _ in self.rig.splunk.told if each.change is not Change.UNKNOWN)
        last = {_finding(each): each.change for each in told}
        ended = (Change.RESOLVED, Change.CLOSED)
        still_open = {name for name, change in last.items() if change not in ended}
        if self.lost:  # then the report that no event arrived is right
            still_open.discard("MONITOR-SELF events")
        return still_open

    def heal(self) -> None:
        """End what disturbs, let everything arrive, and sweep once."""
        self.rig.arm.refused, self.rig.arm.meanwhile = {}, lambda _: None
        self.store.dies_after = None
        arrivals = [at for at, _, _ in self.waiting]
        last = max([self.rig.clock.now, *arrivals]) - self.rig.clock.now
        self.live(
            260 + last.total_seconds() + (LEASE.total_seconds() if self.patience_until else 0)
        )
        if not self.lost:
            self._compare_before_sweep()
        self.older.clear()
        while self._is_sweeping():
            self.live(60)
        self.sweep()
        self.live(400)

    def _is_sweeping(self) -> bool:
        """Tell whether a sweep is under way: one that listed everything long ago may wait with its digest."""
        sweep, _ = find_sweep(self.store, SUBSCRIPTION)
        return sweep is not None and sweep.is_under_way

    def _is_second_due(self) -> bool:
        """Tell whether the second sweep is due, which finds writes just before the first one."""
        sweep, _ = find_sweep(self.store, SUBSCRIPTION)
        return sweep is not None and sweep.first

    def _compare_before_sweep(self) -> None:
        """Compare the reports with the failures of the accounts that events have named.

        An event of the vault that came before a first sweep found no dependents: the second finds it.
        """
        looked_at = {ids.name_of(x) for x in self.accounts if self._is_known(x)}
        kept = ("TOY-OPEN", "TOY-CONTAINER", *(() if self._is_second_due() else ("TOY-SHARED",)))
        failing = {each for each in self.failing if each.split()[1] in looked_at}
        failing, told = ({x for x in y if x.startswith(kept)} for y in (failing, self.told_open()))
        if told != failing:
            self.wrong.append(f"before the sweep {told} told, {failing} failing")

    def _is_known(self, account: str) -> bool:
        return bool(load_record(self.store, account).record.documents)


STEPS: tuple[Callable[[World], None], ...] = (
    *(World.account,) * 4,
    *(World.container,) * 3,
    *(World.vault,) * 3,
    World.tag,
    World.note,
    World.sweep,
    World.delete,
    World.create,
    World.kill,
)

LATER: tuple[tuple[int, int, tuple[Callable[[World], None], ...]], ...] = (
    (5, 0, (World.refuse,)),
    (7, 0, (World.days,)),
    (11, 4, (World.fail_to_write,) * 4),
)
"""Steps of some seeds only: a divisor, the rest of those seeds, the steps. Other seeds stay as they were."""


def live_through(seed: int) -> World:
    """Return the world after the history of a seed."""
    world = _world(seed)
    dice, rig = world.dice, world.rig
    if seed % 4:
        for each in world.accounts:
            rig.deliver(rig.event(each, claims={}))
        world.live(130)
    steps = [*STEPS]
    for one_in, rest, more in LATER:
        steps += more if seed % one_in == rest else ()
    for _ in range(dice.randint(3, 6)):
        dice.choice(steps)(world)
        world.live(dice.choice([0.5, 2, 10, 30, 59, 61, 65, 150]))
    world.heal()
    return world


def one_by_one(reads: Sequence[Callable[[], None]]) -> None:
    """Make one after another the reads that the product makes side by side."""
    for each in reads:
        each()


def _world(seed: int) -> World:
    """Return a world in which nothing has happened yet: with one account or two."""
    dice = random.Random(seed)
    rig, store = Rig(None), WatchedStore()
    world = World(dice, rig, store)
    rig.use(store)
    rig.configure(retention=Retention(state_days=1))
    rig.change(inventory=OldRows(world), run_reads=one_by_one if seed % 2 else None)
    rig.arm.fickle = lambda: dice.random() < 0.7
    rig.arm.meanwhile = world.inside_a_read
    world.accounts = (ACCOUNT, OTHER) if seed % 10 == 3 else (ACCOUNT,)
    for each in world.accounts:
        open_account.place(rig, account=each)
    rig.arm.put(VAULT, tags={}, properties={"provisioningState": "Succeeded", "open": False})
    open_account.container(rig, "scans", "None")
    rig.only(OPEN, CONTAINER, SHARED)
    rig.arm.ahead = world.azure_ahead = timedelta(seconds=dice.choice([-5, 0, 0, 5]))
    world.monitors = (rig.monitor, rig.ahead(seconds=dice.choice([-MOST_AHEAD, 0, MOST_AHEAD])))
    return world
