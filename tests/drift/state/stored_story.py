"""Everything that a version of the monitor stores and queues, as a file that later versions must read.

``python -m tests.drift.state.stored_story FILE`` writes it: rows by kind and messages by kind, each once,
as the code that runs wrote them. ``tests/drift/state/stored_d4c15fe.json`` was written so by that commit.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from drift import ids
from drift.breach.clock import Basis
from drift.breach_clock.record import Action, ClockStep
from drift.breach_clock.steps import take_step
from drift.config.model import Breach, Exemption
from drift.errors import DeliveryRejected
from drift.observation.throttle_gate import ThrottledReader
from drift.ports import Activity, ActivityAnswer, Put, Write
from drift.queues.outbound import Outbound
from drift.state.incident_record import load_incident
from tests.support import open_account
from tests.support.evidence import MemoryEvidence, keep_evidence
from tests.support.memory_store import MemoryStore
from tests.support.open_account import CONTAINER, OPEN, broken, mended, told_of_move
from tests.support.rig import ACCOUNT, GROUP, Log, Rig

_SAMPLES = 2
"""Rows or messages of one kind that are kept: the first and the longest."""

_ARCHIVE = GROUP.replace("clinic", "archive")
_EXCEPTED = f"{ACCOUNT}2"
_TAGGED = f"{ACCOUNT}3"
_EXISTING = f"{ACCOUNT}4"


class _Recorder(MemoryStore):
    """A store that keeps every row that was ever written."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[tuple[str, Put]] = []

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        super().commit(partition, writes)
        self.puts += [(partition, each) for each in writes if isinstance(each, Put)]


class Story(Rig):
    """A monitor that keeps all that it stores and queues."""

    def __init__(self) -> None:
        super().__init__(None)
        self.recorder = _Recorder()
        self.store = self.recorder
        self.messages: list[str] = []
        reader = ThrottledReader(self.arm, self.store, self.clock)
        self.change(store=self.store, reader=reader)
        keep_evidence(self, MemoryEvidence())

    def run(self, work: Outbound) -> None:
        self.messages += [*work.changes, *work.deliveries, *work.background]
        while work != Outbound():
            done = Outbound()
            for text in work.changes:
                done += self.monitor.evaluate(text)
            for text in work.deliveries:
                done += self.monitor.deliver(text)
            for text in work.background:
                done += self.monitor.background(text)
            self.messages += [*done.changes, *done.deliveries, *done.background]
            work = done


def told_story() -> Story:
    """Return a monitor after a life in which it stored one of everything."""
    story = Story()
    story.only(OPEN, CONTAINER)
    activity = Activity(story.clock(), "Microsoft.Storage/storageAccounts/write", ACCOUNT, True)
    log = Log(ActivityAnswer(True, (replace(activity, at=activity.at - timedelta(hours=1)),), 1))
    story.change(activity_log=log)
    open_account.place(story)
    open_account.place(story, account=_EXCEPTED)
    _sweep(story)
    _drift(story)
    _lost_delivery(story)
    _refusals(story)
    _failures(story)
    _exception(story)
    _move(story)
    _breach_clock(story)
    return story


def _sweep(story: Story) -> None:
    """Find in a first scan what fails already."""
    open_account.place(story, account=_EXISTING)
    story.arm.set(_EXISTING, open=True)
    story.run(story.monitor.sweep())
    story.later(minutes=8)


def _drift(story: Story) -> None:
    broken(story)
    story.write(ACCOUNT)
    story.later(minutes=12)
    mended(story)
    story.write(ACCOUNT)
    story.later(minutes=3)
    story.arm.set(GROUP, note="new")
    story.write(GROUP, operationName="Microsoft.Resources/subscriptions/resourceGroups/write")
    story.run(Outbound(changes=story.monitor.intake("not JSON")))
    story.run(Outbound(changes=('{"kind": "novel"}',)))
    story.later(minutes=11)
    story.deliver(_shown(story))


def _shown(story: Story) -> dict[str, Any]:
    """Return an event that shows the account itself."""
    return story.event(
        ACCOUNT,
        kind="Microsoft.ResourceNotifications.Resources.CreatedOrUpdated",
        claims=None,
        apiVersion="2019-06-01",
        resourceInfo={**story.arm.body(ACCOUNT), "type": "Microsoft.Storage/storageAccounts"},
        operationalInfo={"resourceEventTime": story.clock().isoformat()},
    )


def _lost_delivery(story: Story) -> None:
    """Lose the messages of a drift, and tag a resource as PHI."""
    open_account.place(story, account=_TAGGED, phi=False)
    story.write(_TAGGED)
    story.later(minutes=3)
    open_account.place(story, account=_TAGGED)
    broken(story)
    for each in (ACCOUNT, _TAGGED):
        texts = story.monitor.intake(story.body(each))
        story.messages += texts
        for text in texts:
            story.messages += story.monitor.evaluate(text).changes
    story.later(minutes=3)
    mended(story)
    story.write(ACCOUNT)
    story.later(minutes=3)


def _refusals(story: Story) -> None:
    story.teams.refusal = DeliveryRejected("gone")
    broken(story)
    story.write(ACCOUNT)
    for _ in range(27):
        story.clock.advance(minutes=58)
        story.later(minutes=2)
    story.teams.refusal = None
    mended(story)
    story.write(ACCOUNT)
    story.later(minutes=3)


def _failures(story: Story) -> None:
    story.arm.refused[ids.key(ACCOUNT)] = 429
    story.arm.retry_after = 30
    story.write(ACCOUNT)
    story.later(minutes=20)
    story.arm.refused.clear()
    story.later(minutes=20)


def _exception(story: Story) -> None:
    exemption = Exemption(
        control="TOY-OPEN",
        resource_id=_EXCEPTED,
        reason="agreed",
        approved_by="the privacy officer",
        expires=story.clock() + timedelta(days=30),
    )
    story.configure(exemptions=(exemption,), digest="second")
    story.change(facts=story.facts("second"))
    story.arm.set(_EXCEPTED, open=True)
    story.write(_EXCEPTED)
    story.later(minutes=3)


def _move(story: Story) -> None:
    broken(story)
    story.write(ACCOUNT)
    story.later(minutes=3)
    story.arm.put(_ARCHIVE, tags={})
    for name in [each for each in story.arm.documents if each.startswith(ids.key(ACCOUNT) + "/")]:
        del story.arm.documents[name]
    body = story.arm.body(ACCOUNT)
    del story.arm.documents[ids.key(ACCOUNT)]
    there = ACCOUNT.replace(GROUP, _ARCHIVE)
    story.arm.documents[ids.key(there)] = {**body, "id": there}
    story.deliver(told_of_move(story))
    story.later(minutes=40)


def _breach_clock(story: Story) -> None:
    """Take a step in the breach clock of the first incident."""
    incident = load_incident(story.store, ACCOUNT, "TOY-OPEN", 1)
    assert incident is not None
    at = story.clock()
    step = ClockStep(
        action=Action.DISCOVER, by="R. Ortiz", reason="see", at=at, basis=Basis.PRESUMED
    )
    take_step(story.store, incident, step, Breach(), app=story.services.facts)


def _samples(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first and the longest, in the order in which they were written."""
    longest = max(range(len(found)), key=lambda at: len(json.dumps(found[at])))
    return [found[at] for at in sorted({0, longest})][:_SAMPLES]


def row_kind(key: str) -> str:
    kind, *rest = key.split("|")
    return f"due|{rest[1]}" if kind == "due" else f"meta|{rest[0]}" if kind == "meta" else kind


def stored() -> dict[str, Any]:
    """Return rows and messages by kind."""
    story = told_story()
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for _, each in story.recorder.puts:
        rows.setdefault(row_kind(each.key), []).append({"key": each.key, "data": each.data})
    messages: dict[str, list[Mapping[str, Any]]] = {}
    for text in story.messages:
        data = json.loads(text)
        messages.setdefault(data["kind"], []).append(data)
    return {
        "rows": {kind: _samples(found) for kind, found in sorted(rows.items())},
        "messages": {kind: _samples(found) for kind, found in sorted(messages.items())},
    }


def row_properties(found: Mapping[str, Any]) -> list[str]:
    """Return ``kind|property`` for every property of a row; chunks of one value count once."""
    return [
        f"{kind}|{name.rstrip('0123456789')}"
        for kind, rows in found["rows"].items()
        for row in rows
        for name in row["data"]
    ]


if __name__ == "__main__":
    text = json.dumps(stored(), indent=1, ensure_ascii=False)
    Path(sys.argv[1]).write_text(f"{text}\n", "utf-8")
