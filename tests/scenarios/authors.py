"""Random histories of several people who write one account: who may be named for its failures.

Events come late, twice and in any order; replicas lag; some people only list keys or edit tags, and
one writes another document. Every history is made by one seed.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from drift import ids
from drift.notices import Closure, Notice, Standing
from drift.ports import Activity, ActivityAnswer
from drift.queues.outbound import Outbound
from drift.state import keys, packing
from tests.scenarios.histories import SCANS_TYPE, WatchedStore, is_public, steps_of
from tests.support import open_account
from tests.support.open_account import CONTAINERS, OPEN, TYPE
from tests.support.rig import ACCOUNT, Log, Rig

SCANS = f"{CONTAINERS}/scans"


PUBLIC = open_account.toy("TOY-PUBLIC", is_public, **{SCANS_TYPE: ("properties.publicAccess",)})
DOCUMENTS = {"TOY-OPEN": ACCOUNT, "TOY-PUBLIC": SCANS}
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
ACTION = "Microsoft.Resources.ResourceActionSuccess"
FAILED = "Microsoft.Resources.ResourceWriteFailure"
POLICY = "Microsoft.PolicyInsights.PolicyStateChanged"
PAYLOAD = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
SETTLE = timedelta(seconds=60)


@dataclass(frozen=True)
class Written:
    """One write: when, by whom, of which document; ``fails``: it made the document's control fail."""

    at: datetime
    who: str
    document: str
    fails: bool = False
    arrives: datetime | None = None


@dataclass
class Company:
    """A rig, the actions of a company's people, and the path of their events."""

    dice: random.Random
    rig: Rig
    store: WatchedStore
    writes: list[Written] = field(default_factory=list)
    deletions: list[Written] = field(default_factory=list)
    gone: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    waiting: list[tuple[datetime, int, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    named: list[Standing] = field(default_factory=list)
    heard: int = 0
    next_tick: datetime | None = None
    order: Iterator[int] = field(default_factory=itertools.count)

    def writer(self) -> str:
        return self.dice.choice(["dana", "sam", "kim"])

    def account(self) -> None:
        """Open or close the account."""
        self.change(
            ACCOUNT, self.writer(), "open", self.dice.choice([(True, True), (False, False)])
        )

    def touch(self) -> None:
        """Write the account, and change nothing that a control watches."""
        self.change(ACCOUNT, self.writer(), "note", (str(self.dice.random()), False))

    def container(self) -> None:
        """Make the container public or private; only Carl does."""
        value = self.dice.choice([("Container", True), ("None", False)])
        self.change(SCANS, "carl", "publicAccess", value)

    def remove(self) -> None:
        """Delete the account with its container; seconds later it may exist again."""
        if self.gone:
            return
        for each in (ACCOUNT, SCANS):
            self.rig.arm.lag(each, seconds=self.dice.choice([0, 0, 2, 30]))
            self.gone[each] = self.rig.arm.body(each)
            del self.rig.arm.documents[ids.key(each)]
        who = self.writer()
        arrives = self.announce(ACCOUNT, who, kind=DELETED, operationName=f"{TYPE}/delete")
        self.deletions.append(Written(self.rig.clock.now, who, ACCOUNT, arrives=arrives))
        if self.dice.random() < 0.5:
            self.live(self.dice.choice([0, 0.5, 3]))
            self.create()

    def create(self) -> None:
        """Create the account anew as it was, with its container."""
        for each, body in self.gone.items():
            self.rig.arm.lag(each, seconds=self.dice.choice([0, 0, 2, 30]))
            self.rig.arm.documents[ids.key(each)] = body
            who = self.writer() if each == ACCOUNT else "carl"
            arrives = self.announce(each, who)
            self.writes.append(Written(self.rig.clock.now, who, each, True, arrives))
        self.gone.clear()

    def change(self, document: str, who: str, name: str, value: tuple[object, bool]) -> None:
        if self.gone:
            return
        before = self.rig.arm.body(document)["properties"].get(name)
        self.rig.arm.lag(document, seconds=self.dice.choice([0, 0, 2, 8, 30, 59]))
        self.rig.arm.set(document, **{name: value[0]})
        arrives = self.announce(document, who)
        fails = value[1] and before != value[0]
        self.writes.append(Written(self.rig.clock.now, who, document, fails, arrives))
        if document == ACCOUNT and self.dice.random() < 0.3:
            self.send(self.payload(), 0)

    def fail(self) -> None:
        """Write the account; the write fails."""
        who = self.writer()
        arrives = self.announce(ACCOUNT, who, kind=FAILED, status="Failed")
        self.writes.append(Written(self.rig.clock.now, who, ACCOUNT, arrives=arrives))

    def list_keys(self) -> None:
        """Have the keys listed right after a write, in the same second."""
        self.account()
        name = "microsoft.storage/storageaccounts/listkeys/action"
        self.announce(ACCOUNT, "lister", kind=ACTION, operationName=name)

    def tag(self) -> None:
        """Write the account's tags alone."""
        if self.gone:
            return
        self.rig.arm.documents[ids.key(ACCOUNT)] = {
            **self.rig.arm.body(ACCOUNT),
            "tags": {"dataClassification": "phi", "owner": str(self.dice.random())},
        }
        self.announce(f"{ACCOUNT}/providers/Microsoft.Resources/tags/default", "tagger")

    def assess(self) -> None:
        """Have Azure Policy name the account."""
        self.send(self.rig.event(ACCOUNT, kind=POLICY, claims={}), self.dice.choice([0, 3]))

    def payload(self) -> Mapping[str, Any]:
        body = {**self.rig.arm.body(ACCOUNT), "type": "Microsoft.Storage/storageAccounts"}
        time = {"resourceEventTime": self.rig.clock.now.isoformat()}
        return self.rig.event(
            ACCOUNT, kind=PAYLOAD, claims=None, resourceInfo=body, operationalInfo=time
        )

    def announce(self, document: str, who: str, **details: Any) -> datetime:
        """Send the event of a write on its way, and return when it arrives first."""
        event = self.rig.event(document, claims={UPN: f"{who}@clinic.example"}, **details)
        delays = [
            self.dice.choice([0, 0, 1, 3, 20, 50, 100]) for _ in range(self.dice.choice([1, 1, 2]))
        ]
        for each in delays:
            self.send(event, each)
        return self.rig.clock.now + timedelta(seconds=min(delays))

    def send(self, event: Mapping[str, Any], delay: float) -> None:
        at = self.rig.clock.now + timedelta(seconds=delay)
        self.waiting.append((at, next(self.order), json.dumps(event)))

    def live(self, seconds: float) -> None:
        """Let time pass: events arrive in any order, and ticks come each 10 s."""
        clock, until = self.rig.clock, self.rig.clock.now + timedelta(seconds=seconds)
        while clock.now < until:
            come = [each for each in self.waiting if each[0] <= clock.now]
            self.dice.shuffle(come)
            for each in come:
                self.waiting.remove(each)
                self.work_off(Outbound(changes=self.rig.monitor.intake(each[2])))
            self.next_tick = self.next_tick or clock.now
            if clock.now >= self.next_tick:
                self.next_tick = clock.now + timedelta(seconds=10)
                self.tick()
            then = min([until, self.next_tick, *(at for at, _, _ in self.waiting)])
            clock.now = max(then, clock.now + timedelta(milliseconds=100))

    def tick(self) -> None:
        stamps, now = self.store.stamps, keys.stamp(self.rig.clock.now)
        if stamps and stamps[0] < now:
            self.store.stamps = [each for each in stamps if each >= now]
            self.work_off(self.rig.monitor.tick())

    def work_off(self, work: Outbound) -> None:
        """Handle messages in any order, and check each notice when it is sent."""
        left = [*steps_of(work)]
        while left:
            function, text = left.pop(self.dice.randrange(len(left)))
            done: Outbound = getattr(self.rig.monitor, function)(text)
            left += steps_of(done)
        for notice, _ in self.rig.splunk.told[self.heard :]:
            self.judge(notice)
        self.heard = len(self.rig.splunk.told)

    def judge(self, notice: Notice) -> None:
        """Hold those who are named against those who wrote."""
        document, people = DOCUMENTS[notice.control_id], (notice.changed_by, *notice.others)
        self.named.append(notice.part)
        if notice.closure is Closure.DELETED:
            self.judge_end(notice, {each.name.partition("@")[0] for each in people if each})
            return
        for name in {each.name.partition("@")[0] for each in people if each}:
            is_last = notice.part is Standing.LAST_WRITER  # of all that the control watches
            done = [x for x in self.writes if x.who == name and (is_last or x.document == document)]
            if not any(each.at <= notice.decided_at for each in done):
                self.wrong.append(f"{name} is named for {notice.control_id}, and never wrote it")
        if notice.is_cause and notice.changed_by:
            self.judge_proof(notice.control_id, notice.changed_by.name, self.rig.clock.now)

    def judge_end(self, notice: Notice, names: set[str]) -> None:
        """Hold those who are named for the end against all who deleted the account.

        Who deleted it before it was made anew is not named for the next deletion once that is known.
        """
        at = notice.decided_at
        made = [x.at for x in self.writes if x.document == ACCOUNT and x.arrives and x.arrives < at]
        done = {x.who for x in self.deletions if x.at <= at and not any(x.at < y for y in made)}
        if not names <= done:
            self.wrong.append(f"{names} named for the end of {notice.control_id}, {done} deleted")

    def judge_proof(self, control: str, name: str, now: datetime) -> None:
        """Check a proven cause against all actors who opened the failure; a late event is allowed."""
        opened = [x for x in self.writes if x.document == DOCUMENTS[control] and x.fails]
        before = [each for each in opened if each.at <= now]
        if name.partition("@")[0] not in {each.who for each in before}:
            self.wrong.append(f"{name} is proven for {control}, and never opened it")

    def incidents(self) -> Iterator[Mapping[str, Any]]:
        """Yield what is stored of every incident."""
        for each in keys.PARTITIONS:
            for row in self.store.range(each, "incident|", "incident|~"):
                yield packing.unpack(row.data, "incident")

    def judge_incidents(self) -> None:
        """Compare the stored state at the end with the writes between the reads around each change."""
        for incident in self.incidents():
            if incident["closure"]:
                continue
            for each in incident["attributions"]:
                self.judge_attribution(incident["control_id"], each)

    def judge_attribution(self, control: str, attribution: Mapping[str, Any]) -> None:
        if not attribution["is_proven"] or not attribution["after"]:
            return
        after = datetime.fromisoformat(attribution["after"])
        # A Date has whole seconds.
        until = datetime.fromisoformat(attribution["until"]) + timedelta(seconds=1)
        opened = {
            each.who
            for each in self.writes
            if each.document == DOCUMENTS[control] and each.fails and after < each.at <= until
        }
        sure = [x for x in attribution["causes"] if x["is_sure"] and not x["failed"]]
        named = {each["actor"]["name"].partition("@")[0] for each in sure}
        if named != opened:
            self.wrong.append(f"{control}: {named} proven, opened by {opened}")


STEPS: tuple[Callable[[Company], None], ...] = (
    *(Company.account,) * 4,
    *(Company.touch,) * 3,
    *(Company.container,) * 2,
    *(Company.list_keys,) * 2,
    Company.fail,
    Company.tag,
    Company.assess,
    Company.remove,
    Company.create,
)


def live_through(seed: int) -> Company:
    """Return the company after the history of a seed, when every event has arrived."""
    dice, rig, store = random.Random(seed), Rig(None), WatchedStore()
    company = Company(dice, rig, store)
    rig.use(store)
    rig.arm.fickle = lambda: dice.random() < 0.7
    open_account.place(rig)
    open_account.container(rig, "scans", "None")
    rig.only(OPEN, PUBLIC)
    # What the log adds after 10 and 30 minutes is the message that shows a proof.
    wrote = [Activity(rig.clock.now, f"x/{each}/write", "/x", succeeded=True) for each in "ab"]
    answers = [ActivityAnswer(True, tuple(wrote[: each + 1]), each + 1) for each in range(2)]
    rig.change(activity_log=Log(answers[0], answers[1:]))
    rig.deliver(rig.event(ACCOUNT, claims={}))
    company.live(130)
    for _ in range(dice.randint(3, 8)):
        dice.choice(STEPS)(company)
        company.live(dice.choice([0, 0.5, 2, 10, 30, 61, 150]))
    company.live(800)
    company.judge_incidents()
    return company
