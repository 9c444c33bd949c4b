"""Random histories of two related resources: what is true at each time, and what the monitor told of it.

Replicas lag up to 59 s, things happen inside reads, events come late, twice, in any order or never.
Every history is made by one seed, so that a failure can be lived through again.
"""

import itertools
import json
import random
from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from drift import ids
from drift.model import Outcome, Resource, Verdict
from drift.notices import Change
from drift.ports import Write
from drift.queues.outbound import Outbound
from drift.state import keys
from tests.support import open_account
from tests.support.memory_store import MemoryStore
from tests.support.open_account import CONTAINER, CONTAINERS, OPEN
from tests.support.rig import ACCOUNT, GROUP, Graph, Rig

SCANS = f"{CONTAINERS}/scans"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
CREATED = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated"
SETTLE = 60.0
TICK = 10.0
LONGEST_LAG = 59


def _relies_on_the_vault(resource: Resource, azure: Any) -> Verdict:
    """Fail while the vault that the account depends on is open."""
    vault = azure.get(VAULT)
    is_open = vault is not None and vault.flag("properties.open") is True
    return Verdict(Outcome.FAIL if is_open else Outcome.PASS, f"the vault is open: {is_open}")


SHARED = open_account.toy(
    "TOY-SHARED", _relies_on_the_vault, **{"microsoft.keyvault/vaults": ("properties.open",)}
)


class WatchedStore(MemoryStore):
    """A store that knows when the next row is due, so that a tick with nothing to do is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.stamps: list[str] = []

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        super().commit(partition, writes)
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
    """A rig, what is true in it, and what its events do on their way."""

    dice: random.Random
    rig: Rig
    store: WatchedStore
    waiting: list[tuple[datetime, int, str]] = field(default_factory=list)
    failing: dict[str, datetime] = field(default_factory=dict)
    passing: dict[str, datetime] = field(default_factory=dict)
    deadlines: dict[str, datetime] = field(default_factory=dict)
    older: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    writers: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    heard: int = 0
    strict: bool = True
    next_tick: datetime | None = None
    within_read: bool = False
    order: Iterator[int] = field(default_factory=itertools.count)

    def put(self, document: str, name: str, control: str, bad: object, good: object) -> None:
        """Write one property; it makes a control fail or pass, and an event may say so."""
        if ids.key(document) not in self.rig.arm.documents:
            return
        fails, now = self.dice.random() < 0.5, self.rig.clock.now
        self.older[ids.key(document)] = {"properties": self.rig.arm.body(document)["properties"]}
        self.rig.arm.lag(document, seconds=self.dice.choice([0, 0, 2, 8, 30, LONGEST_LAG]))
        self.rig.arm.set(document, **{name: bad if fails else good})
        if fails:
            self.failing.setdefault(control, now)
        else:
            self.failing.pop(control, None)
            self.passing[control] = now
            self.deadlines.pop(control, None)
        self.announce(document, control if fails else None)

    def account(self) -> None:
        self.put(ACCOUNT, "open", "TOY-OPEN", True, False)

    def container(self) -> None:
        self.put(SCANS, "publicAccess", "TOY-CONTAINER", "Container", "None")

    def vault(self) -> None:
        self.put(VAULT, "open", "TOY-SHARED", True, False)

    def tag(self) -> None:
        """Tag the group as PHI, or take the tag away."""
        phi = self.dice.random() < 0.5
        self.rig.arm.lag(GROUP, seconds=self.dice.choice([0, 5, 30]))
        self.rig.arm.put(GROUP, tags={"dataClassification": "phi"} if phi else {})
        self.announce(f"{GROUP}/providers/Microsoft.Resources/tags/default", None)

    def note(self) -> None:
        """Change what no control judges: the event is one like any other."""
        self.rig.arm.lag(ACCOUNT, seconds=self.dice.choice([0, 2, 30]))
        self.rig.arm.set(ACCOUNT, note=str(self.dice.random()))
        self.announce(ACCOUNT, None)

    def sweep(self) -> None:
        self.work_off(self.rig.monitor.sweep())

    def refuse(self) -> None:
        """Have ARM refuse some documents for a while: then no deadline holds, only the end."""
        self.strict = False
        arm = self.rig.arm
        arm.refused = {
            ids.key(each): self.dice.choice([0, 403, 429, 503])
            for each in self.dice.sample([ACCOUNT, GROUP, VAULT, CONTAINERS], 2)
            if self.dice.random() < 0.6
        }

    def announce(self, document: str, control: str | None) -> None:
        """Send the events of a write on their way; ``control`` fails by it from now on."""
        actor = self.dice.choice(["dana", "sam", "kim"]) + "@clinic.example"
        self.writers.add(actor)
        event = self.rig.event(document, claims={UPN: actor})
        delays = [
            self.dice.choice([0, 0, 1, 3, 20, 100]) for _ in range(self.dice.choice([1, 1, 2]))
        ]
        if self.dice.random() < 0.1:
            delays = []
        for each in delays:
            self._send(event, each)
        if delays and control:
            arrives = self.rig.clock.now + timedelta(seconds=min(delays))
            late = timedelta(seconds=2 * SETTLE + 2 * TICK + 5)
            self.deadlines.setdefault(control, arrives + late)
        if document == ACCOUNT and self.dice.random() < 0.2:
            self._send(self._payload(), self.dice.choice([0, 3, 20]))

    def _payload(self) -> dict[str, Any]:
        body = {**self.rig.arm.body(ACCOUNT), "type": "Microsoft.Storage/storageAccounts"}
        time = {"resourceEventTime": self.rig.clock.now.isoformat()}
        return self.rig.event(
            ACCOUNT, kind=CREATED, claims=None, resourceInfo=body, operationalInfo=time
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
        while self.rig.clock.now < until:
            self._work_off_arrivals()
            self.next_tick = self.next_tick or self.rig.clock.now
            if self.rig.clock.now >= self.next_tick:
                self.next_tick = self.rig.clock.now + timedelta(seconds=TICK)
                self.tick()
            self.watch()
            arrivals = [at for at, _, _ in self.waiting]
            then = min([until, self.next_tick, *arrivals])
            self.rig.clock.now = max(then, self.rig.clock.now + timedelta(milliseconds=100))

    def tick(self) -> None:
        stamps, now = self.store.stamps, keys.stamp(self.rig.clock.now)
        if not stamps or stamps[0] >= now:
            return
        self.store.stamps = [each for each in stamps if each >= now]
        self.work_off(self.rig.monitor.tick())

    def _work_off_arrivals(self) -> None:
        come = sorted(each for each in self.waiting if each[0] <= self.rig.clock.now)
        self.dice.shuffle(come)
        for each in come:
            self.waiting.remove(each)
            self.work_off(Outbound(changes=self.rig.monitor.intake(each[2])))

    def work_off(self, work: Outbound) -> None:
        """Follow up messages in any order."""
        left = list(self._steps(work))
        while left:
            run, text = left.pop(self.dice.randrange(len(left)))
            left += self._steps(run(text))
            self.watch()

    def _steps(self, work: Outbound) -> Iterator[tuple[Callable[[str], Outbound], str]]:
        monitor = self.rig.monitor
        yield from ((monitor.evaluate, each) for each in work.changes)
        yield from ((monitor.deliver, each) for each in work.deliveries)
        yield from ((monitor.background, each) for each in work.background)

    def watch(self) -> None:
        """Hold what was told against what is true."""
        told, now = self.rig.splunk.told, self.rig.clock.now
        for notice, _ in told[self.heard :]:
            if notice.change is Change.RESOLVED:
                since = self.failing.get(notice.control_id)
                if since and now - since > timedelta(seconds=SETTLE):
                    self.wrong.append(f"{notice.control_id} resolved, failing since {since}")
            if notice.changed_by and notice.changed_by.name not in self.writers:
                self.wrong.append(f"{notice.changed_by.name} wrote nothing")
        self.heard = len(told)
        for control, deadline in self.deadlines.items():
            if self.strict and now > deadline and control not in self.told_open():
                self.wrong.append(f"{control} not told by {deadline}")
        self.deadlines = {name: at for name, at in self.deadlines.items() if at >= now}

    def told_open(self) -> set[str]:
        """Return the controls whose incident is open for all that was told."""
        last = {notice.control_id: notice.change for notice, _ in self.rig.splunk.told}
        ended = (Change.RESOLVED, Change.CLOSED, Change.UNKNOWN)
        return {name for name, change in last.items() if change not in ended}

    def heal(self) -> None:
        """End what disturbs, let everything arrive, and sweep once."""
        self.strict = False
        self.rig.arm.refused, self.rig.arm.meanwhile = {}, lambda _: None
        self.live(260)
        self.older.clear()
        self.sweep()
        self.live(400)


STEPS: tuple[Callable[[World], None], ...] = (
    *(World.account,) * 4,
    *(World.container,) * 3,
    *(World.vault,) * 3,
    World.tag,
    World.note,
    World.sweep,
)


def live_through(seed: int) -> World:
    """Return the world after the history of a seed."""
    dice = random.Random(seed)
    rig, store = Rig(None), WatchedStore()
    world = World(dice, rig, store)
    rig.use(store)
    rig.change(inventory=OldRows(world))
    rig.arm.fickle = lambda: dice.random() < 0.7
    open_account.place(rig)
    rig.arm.put(VAULT, tags={}, properties={"provisioningState": "Succeeded", "open": False})
    open_account.container(rig, "scans", "None")
    rig.only(OPEN, CONTAINER, SHARED)
    rig.arm.meanwhile = world.inside_a_read
    if seed % 4:
        rig.deliver(rig.event(ACCOUNT, claims={}))
        world.live(130)
    else:  # nobody depends on the vault yet for all that is known, so that its event tells nobody
        world.strict = False
    steps = (*STEPS, World.refuse) if seed % 5 == 0 else STEPS
    for _ in range(dice.randint(3, 8)):
        dice.choice(steps)(world)
        world.live(dice.choice([0.5, 2, 10, 30, 61, 150]))
    world.heal()
    return world
