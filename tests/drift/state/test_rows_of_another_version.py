"""Rows that this version cannot read, of each kind: nothing fails, and none of them is lost."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from drift.observation.throttle_gate import ThrottledReader
from drift.ports import Put
from drift.queues.outbound import Outbound
from drift.state import keys, packing
from drift.state.keys import RowKind
from tests.drift.state.stored_story import Story, row_kind, told_story
from tests.support import open_account
from tests.support.evidence import MemoryEvidence, keep_evidence
from tests.support.memory_store import MemoryStore
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, GROUP, Rig

Form = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def repacked(data: Mapping[str, Any], chunk: object) -> Mapping[str, Any]:
    """Return a row whose packed values are this one chunk; other rows are left as they are."""
    packed = {name[:-1] for name in data if name.endswith("0")}
    others = {
        name: value for name, value in data.items() if name.rstrip("0123456789") not in packed
    }
    return {**others, **{f"{name}0": chunk for name in packed}}


FORMS: Final[Mapping[str, Form]] = {
    "packed in another way": lambda data: repacked(data, "!!!"),
    "packed as a number": lambda data: repacked(data, 7),
    "another value packed": lambda data: repacked(data, packing.pack(17, "x")["x0"]),
    "a newer schema": lambda _: {"schema": 2, "novel": True},
    "every field null": lambda data: {**dict.fromkeys(data), "schema": 1, "novel": True},
}

REPLACED: Final = {
    "affected": "the affected resources are counted again",
    "budget": "the share of reads begins anew",
    "due": "tick moves it on, and what asked for it deletes it",
    "excepted": "it ends with the exception",
    "gate": "the source closes it again",
    "known": "the next sweep that lists the resource notes it again",
    "lane": "a lane only limits the load",
    "meta|channels": "what is held is released again",
    "meta|config": "what is open is evaluated again",
    "meta|last-event": "the next event is noted",
    "meta|queue": "the next mark is noted",
    "open": "it ends with the incident",
    "related": "the resource is read again",
    "sweep": "the sweep begins again",
    "uses": "it is noted again with the next verdict, and ends with the resource",
}
"""Kinds whose rows this version may write over or delete, and why nothing is lost by that."""

COUNTED: Final = ("unknown", "held", "undelivered", "blind", "deferred")
"""Kinds whose rows `/api/health` counts."""


@pytest.fixture(scope="module")
def story() -> Story:
    """Return a monitor that has stored rows of every kind."""
    return told_story()


def kinds() -> list[str]:
    """Return every kind of row, those of META by name; test_large_messages.py has that of messages."""
    named = ("config", "channels", "last-event", "subscriptions", "queue", "evidence")
    others = set(RowKind) - {RowKind.META, RowKind.MESSAGE}
    return sorted([*others, *(f"meta|{each}" for each in named)])


def kind_of(key: str) -> str:
    kind = row_kind(key)
    return kind.partition("|")[0] if kind.startswith("due") else kind


def continued(story: Story, kind: str, form: Form) -> tuple[Rig, dict[tuple[str, str], Any]]:
    """Return a monitor after the story, with every row of a kind that was written in another form."""
    rig = Rig(None)
    store = MemoryStore()
    for shard in keys.PARTITIONS:
        for row in story.store.range(shard, "", "~", 100_000):
            store.commit(shard, [Put(row.key, row.data)])
    foreign = {}
    for shard, put in story.recorder.puts:
        if kind_of(put.key) == kind:
            foreign[shard, put.key] = json.loads(json.dumps(form(put.data)))
    for (shard, key), data in foreign.items():
        store.commit(shard, [Put(key, data)])
    rig.clock.now = story.clock.now
    open_account.place(rig)
    rig.change(store=store, reader=ThrottledReader(rig.arm, store, rig.clock))
    keep_evidence(rig, MemoryEvidence())
    rig.change(detectors=story.services.detectors, config=story.services.config)
    rig.store = store
    return rig, foreign


def live_on(rig: Rig) -> None:
    """Have everything happen that a monitor does."""
    broken(rig)
    rig.write(ACCOUNT)
    rig.arm.set(GROUP, note="newer")
    rig.write(GROUP, operationName="Microsoft.Resources/subscriptions/resourceGroups/write")
    rig.run(rig.monitor.sweep())
    rig.configure(digest="third")
    rig.change(facts=rig.facts("third"))
    rig.later(seconds=20)
    mended(rig)
    rig.write(ACCOUNT)
    rig.run(Outbound(changes=("not a message",)))
    rig.clock.advance(minutes=11)
    rig.later(seconds=20)


def is_unpacked(story: Story, kind: str, form: str) -> bool:
    """Tell whether a form leaves the rows of a kind as they were: they have no packed values."""
    rows = [put.data for _, put in story.recorder.puts if kind_of(put.key) == kind]
    return all(FORMS[form](each) == each for each in rows)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", kinds())
def test_nothing_fails_and_no_row_is_lost(story: Story, kind: str, form: str) -> None:
    rig, foreign = continued(story, kind, FORMS[form])
    live_on(rig)
    rig.monitor.health()
    lost = [
        (shard, key)
        for (shard, key), data in foreign.items()
        if (row := rig.store.get(shard, key)) is None or row.data != data
    ]

    assert foreign
    assert kind in REPLACED or is_unpacked(story, kind, form) or lost == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", COUNTED)
def test_health_counts_a_row_that_it_cannot_read(known: Rig, kind: str, form: str) -> None:
    names = ("resource", "control", "since", "at", "phi", "dependency", "channel", "counts_from")
    data = FORMS[form](dict.fromkeys(names))
    known.store.commit(keys.PARTITIONS[3], [Put(keys.row_key(kind, "a", "b"), data)])

    assert known.monitor.health()["status"] == "degraded"
