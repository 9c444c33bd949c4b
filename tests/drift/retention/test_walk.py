"""The walk through the state: a few pages a message, from where the last one stopped, after any crash."""

from collections.abc import Sequence

import pytest

from drift import ids
from drift.codec import versioned
from drift.errors import UNANSWERED, StoreUnavailable
from drift.ports import Delete, Put, Write
from drift.queues.messages import AgeMessage
from drift.queues.outbound import Outbound
from drift.state import keys
from tests.support.memory_store import MemoryStore
from tests.support.open_account import OPEN, broken, place
from tests.support.rig import ACCOUNT, Rig
from tests.support.walking import days_later, row_keys, walk

KINDS = ("resource", "related", "uses", "incident", "outbox", "cursor", "due", "ageing")


class Dying(MemoryStore):
    """A store whose process dies before one of its commits; -1: never."""

    def __init__(self) -> None:
        super().__init__()
        self.left = -1

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        if self.left == 0:
            raise StoreUnavailable("the process is dead", UNANSWERED)
        self.left -= 1
        super().commit(partition, writes)


def grown_old() -> tuple[Rig, Dying]:
    """Return a monitor of an account that is gone, with an incident and much to delete."""
    rig, store = Rig(None), Dying()
    rig.use(store)
    place(rig)
    rig.only(OPEN)
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=2)
    del rig.arm.documents[ids.key(ACCOUNT)]
    rig.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    rig.later(minutes=5)
    names = "outbox", keys.digest(ACCOUNT), "TOY-OPEN", keys.numbered(1)
    for sequence in range(3, 150):
        row = Put(keys.row_key(*names, keys.numbered(sequence)), versioned({"channels": []}))
        store.commit(keys.partition(ACCOUNT), [row])
    rig.change(inventory=None)
    rig.clock.advance(days=100)
    return rig, store


@pytest.mark.parametrize("dies_at", range(6))
def test_a_walk_that_dies_is_continued_and_deletes_the_same(dies_at: int) -> None:
    rig, store = grown_old()
    told = len(rig.teams.told)
    rig.run(rig.monitor.sweep())
    store.left = dies_at
    with pytest.raises(StoreUnavailable):
        rig.later(minutes=15)
    store.left = -1
    rig.later(minutes=15)

    assert row_keys(rig, *KINDS) == ["ageing|walk", NUMBERS]
    assert len(rig.teams.told) == told


NUMBERS = "ageing|numbers"


def test_a_message_walks_a_bounded_number_of_rows_and_a_due_row_continues(clinic: Rig) -> None:
    shard = keys.PARTITIONS[3]
    for number in range(4500):
        key = keys.row_key("dropped", keys.stamp(clinic.clock()), keys.digest(str(number)))
        clinic.store.commit(shard, [Put(key, versioned({"mark": "", "reason": ""}))])
    clinic.clock.advance(days=31)
    clinic.change(inventory=None)
    clinic.run(clinic.monitor.sweep())
    left = []
    while row_keys(clinic, "due"):
        clinic.run(clinic.monitor.tick())
        clinic.clock.advance(seconds=10)
        left.append(len(row_keys(clinic, "dropped")))

    assert left == [4500, 2500, 500, 0]


def test_a_message_that_comes_twice_does_not_begin_a_second_walk(clinic: Rig) -> None:
    clinic.change(inventory=None)
    clinic.run(clinic.monitor.sweep())
    clinic.clock.advance(seconds=10)
    (text,) = (each for each in clinic.monitor.tick().background if '"age"' in each)
    clinic.run(Outbound(background=(text, text)))
    clinic.later(minutes=15)

    assert row_keys(clinic, "due") == []


def test_a_sweep_during_a_walk_begins_no_other(clinic: Rig) -> None:
    clinic.change(inventory=None)
    clinic.monitor.sweep()
    clinic.monitor.sweep()

    assert len(row_keys(clinic, "due")) == 1


def test_a_walk_whose_due_row_is_lost_is_begun_again_after_a_day(clinic: Rig) -> None:
    clinic.change(inventory=None)
    clinic.monitor.sweep()
    (key,) = row_keys(clinic, "due")
    clinic.store.commit(keys.META, [Delete(key)])
    clinic.monitor.sweep()
    assert row_keys(clinic, "due") == []

    days_later(clinic, 1)
    row = clinic.store.get(keys.META, "ageing|walk")

    assert row is not None
    assert row.data["finished"]


def test_a_walk_that_another_version_began_begins_with_the_rows_it_knows(known: Rig) -> None:
    known.monitor.evaluate("not ours")
    known.clock.advance(days=31)
    known.change(inventory=None)
    known.monitor.sweep()
    row = known.store.get(keys.META, "ageing|walk")
    assert row is not None
    later = AgeMessage(step=row.data["step"], shard=keys.PARTITIONS[0], rows="novel", after="x")
    known.run(Outbound(changes=(later.text,)))

    assert row_keys(known, "dropped") == []


def test_a_walk_with_nothing_to_delete_writes_only_where_it_stands(known: Rig) -> None:
    walk(known)
    before = {key: known.store_rows(key) for key in row_keys(known, *KINDS)}
    walk(known)

    assert {key: known.store_rows(key) for key in row_keys(known, *KINDS)} == before
