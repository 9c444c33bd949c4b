"""Random histories: every channel ends with the true state, once and in order."""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from drift import ids
from drift.config.model import Timing
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.model import Severity
from drift.notices import Change, Notice
from drift.observation.throttle_gate import ThrottledReader
from drift.pipeline import Monitor
from drift.queues.outbound import Outbound
from tests.crash.points import watched
from tests.support import open_account
from tests.support.open_account import CONTAINER, CONTAINERS, OPEN, WHOLE_SUBSCRIPTION
from tests.support.rig import ACCOUNT, GROUP, Channel, Rig

SCANS = f"{CONTAINERS}/scans"
ENDED = (Change.RESOLVED, Change.CLOSED)
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
POLICY = "Microsoft.PolicyInsights.PolicyStateChanged"


class Killed(BaseException):
    """The process is gone."""


@dataclass
class World:
    """A rig, the true state in it, and everything that can go wrong around it."""

    dice: random.Random
    rig: Rig
    waiting: list[tuple[datetime, int, str]] = field(default_factory=list)
    queue: list[tuple[str, str]] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    body: dict[str, object] = field(default_factory=dict)
    lives: int = 0
    order: Iterator[int] = field(default_factory=itertools.count)

    def write(self) -> None:
        """Open or close the account; replicas lag, and events come late, again, and disordered."""
        is_open = self.dice.random() < 0.5
        self.rig.arm.lag(ACCOUNT, seconds=self.dice.choice([0, 0, 5, 30]))
        if ids.key(ACCOUNT) not in self.rig.arm.documents:
            self.rig.arm.documents[ids.key(ACCOUNT)] = dict(self.body)
        self.rig.arm.set(ACCOUNT, open=is_open)
        if is_open:
            self.failed.add("TOY-OPEN")
        self.announce(ACCOUNT)

    def publish(self) -> None:
        """Open or close a container."""
        public = self.dice.random() < 0.5
        self.rig.arm.lag(SCANS, seconds=self.dice.choice([0, 0, 5, 30]))
        open_account.container(self.rig, "scans", "Container" if public else "None")
        if public:
            self.failed.add("TOY-CONTAINER")
        self.announce(SCANS)

    def remove(self) -> None:
        """Delete the account."""
        if ids.key(ACCOUNT) in self.rig.arm.documents:
            self.body = self.rig.arm.body(ACCOUNT)
            self.rig.arm.lag(ACCOUNT, seconds=self.dice.choice([0, 5, 30]))
            del self.rig.arm.documents[ids.key(ACCOUNT)]
            self.announce(ACCOUNT, kind=DELETED)

    def announce(self, resource_id: str, **details: object) -> None:
        if self.dice.random() < 0.2:
            details["claims"] = {}
        event = json.dumps(self.rig.event(resource_id, **details))
        for _ in range(self.dice.choice([1, 1, 1, 2, 3])):
            delay = self.dice.choice([0, 0, 1, 3, 20, 100])
            at = self.rig.clock.now + timedelta(seconds=delay)
            self.waiting.append((at, next(self.order), event))

    def assess(self) -> None:
        """Have Azure Policy name the account without a write."""
        self.announce(ACCOUNT, kind=POLICY, claims={})

    def tag(self) -> None:
        """Tag the group as PHI, or take the tag away: how severe it is, and who hears, may change."""
        phi = self.dice.random() < 0.5
        self.rig.arm.lag(GROUP, seconds=self.dice.choice([0, 0, 5, 30]))
        self.rig.arm.put(GROUP, tags={"dataClassification": "phi"} if phi else {})
        self.announce(f"{GROUP}/providers/Microsoft.Resources/tags/default")

    def refuse(self) -> None:
        """Have ARM refuse some documents from now on, or answer all of them again."""
        arm = self.rig.arm
        arm.refused = {}
        if self.dice.random() < 0.6:
            for each in self.dice.sample([ACCOUNT, GROUP, WHOLE_SUBSCRIPTION, CONTAINERS], 2):
                arm.refused[ids.key(each)] = self.dice.choice([0, 403, 429, 500, 503])
        arm.retry_after = self.dice.choice([None, None, 20, 90])

    def disturb(self) -> None:
        """Let a channel refuse, fail, or work again."""
        channel = self.dice.choice(self.channels)
        channel.refusal = self.dice.choice(
            [
                None,
                DeliveryFailed("busy", retry_after=30),
                DeliveryFailed("?"),
                DeliveryRejected("x"),
            ]
        )
        if self.dice.random() < 0.3:
            channel.fingerprint += "'"

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.rig.teams, self.rig.pagerduty, self.rig.splunk

    def die_soon(self) -> None:
        """Have the process die after some of its next calls."""
        self.lives = self.dice.randint(1, 12)

    def pass_time(self) -> None:
        self.rig.clock.advance(seconds=self.dice.choice([0.5, 2, 10, 30, 61, 200]))
        if self.dice.random() < 0.7:
            self.tick()

    def tick(self) -> None:
        self._survive(self._monitor().tick)
        self.work_off()

    def work_off(self) -> None:
        """Deliver the events whose time has come, and follow up messages in any order."""
        now = self.rig.clock.now
        come = sorted(each for each in self.waiting if each[0] <= now)
        for each in come:
            if self._survive(lambda body=each[2]: Outbound(changes=self._monitor().intake(body))):
                self.waiting.remove(each)
        while self.queue:
            queue, text = self.queue.pop(self.dice.randrange(len(self.queue)))
            run = self._monitor().evaluate if queue == "changes" else self._monitor().deliver
            if not self._survive(lambda run=run, text=text: run(text)):
                self.queue.append((queue, text))

    def heal(self) -> None:
        """End every fault, and wait until nothing is due."""
        self.lives, self.rig.arm.refused, self.rig.arm.retry_after = 0, {}, None
        for each in self.channels:
            each.refusal = None
            each.fingerprint += ", repaired"
        for _ in range(100):
            self.rig.clock.advance(minutes=1)
            self.tick()

    def _survive(self, run: object) -> bool:
        try:
            work = run()  # type: ignore[operator]
        except Killed:
            return False
        self.queue += [("changes", text) for text in work.changes]
        self.queue += [("deliveries", text) for text in work.deliveries]
        self.queue += [("background", text) for text in work.background]
        return True

    def _monitor(self) -> Monitor:
        parts = self.rig.services
        store = watched(parts, self._passed).store
        reader = ThrottledReader(self.rig.arm, store, self.rig.clock)
        return Monitor(watched(replace(parts, reader=reader), self._passed))

    def _passed(self, _: str) -> None:
        if self.lives:
            self.lives -= 1
            if not self.lives:
                raise Killed


STEPS = (
    *(World.write,) * 6,
    *(World.publish,) * 3,
    *(World.pass_time,) * 9,
    World.remove,
    World.tag,
    World.assess,
    World.refuse,
    World.refuse,
    World.disturb,
    World.die_soon,
)


def live_through(seed: int, *, polled: bool) -> World:
    dice = random.Random(seed)
    rig = Rig(None, timing=Timing(held_hours=1000))
    rig.arm.fickle = lambda: dice.random() < 0.7
    open_account.place(rig, phi=dice.random() < 0.5)
    rig.arm.put(GROUP, tags={"dataClassification": "phi"})
    open_account.container(rig, "scans", "None")
    rig.only(OPEN, *([CONTAINER] if polled else []))
    world = World(dice, rig)
    for _ in range(dice.randint(5, 60)):
        dice.choice(STEPS)(world)
        world.work_off()
    world.heal()
    return world


def told(channel: Channel) -> dict[str, list[Notice]]:
    """Return what a channel received about each finding; a repeat under one uid counts once."""
    findings: dict[str, list[Notice]] = {}
    for each in {notice.uid: notice for notice, _ in channel.told}.values():
        if each.change is not Change.UNKNOWN:
            findings.setdefault(each.finding_uid, []).append(each)
    return findings


def is_orderly(notices: list[Notice], openings: set[str]) -> bool:
    """Tell whether each opening was ended at most once, and only then followed by another.

    ``openings`` are those that the channel was told to take for one.
    """
    is_open = False
    for each in notices:
        if (each.uid in openings) is is_open:
            return False
        is_open = each.change not in ENDED
    return True


def failing(world: World) -> set[str]:
    """Return which controls fail in the end."""
    arm = world.rig.arm
    if ids.key(ACCOUNT) not in arm.documents:
        return set()
    is_open = arm.body(ACCOUNT)["properties"]["open"]
    polled = CONTAINER in world.rig.services.detectors
    public = polled and arm.body(SCANS)["properties"]["publicAccess"] == "Container"
    return {*(["TOY-OPEN"] if is_open else []), *(["TOY-CONTAINER"] if public else [])}


def heard_by(channel: Channel, notices: list[Notice]) -> bool:
    """Tell whether the last opening of these was ever so severe that the channel had to hear of it."""
    least = Severity.CRITICAL if channel.name == "pagerduty" else Severity.LOW
    run: list[Notice] = []
    for each in notices:
        run = [each] if each.change is Change.OPENED else [*run, each]
    return any(each.severity and each.severity.rank >= least.rank for each in run)


@pytest.mark.parametrize("seed", range(40))
def test_every_channel_ends_with_the_true_state_once_and_in_order(seed: int) -> None:
    """Half of these accounts have nothing that is polled: a poll would find what an event missed."""
    world = live_through(seed, polled=seed % 2 == 0)
    everything = told(world.rig.splunk)

    for channel in world.channels:
        findings = told(channel)
        openings = {notice.uid for notice, opening in channel.told if opening}
        last = [notices[-1] for notices in findings.values()]
        still_open = {each.control_id for each in last if each.change not in ENDED}
        controls = {each.control_id for each in last}
        assert all(is_orderly(each, openings) for each in findings.values()), channel.changes
        assert still_open == {
            notices[-1].control_id
            for notices in everything.values()
            if notices[-1].control_id in failing(world) and heard_by(channel, notices)
        }, channel.changes
        assert {each for each in controls if each.startswith("TOY-")} <= world.failed

    health = world.rig.monitor.health()
    open_for_machines = {
        each[-1].control_id for each in everything.values() if each[-1].change not in ENDED
    }

    assert open_for_machines == failing(world)
    assert (health["status"], health["due"]) == ("ok", 0)
