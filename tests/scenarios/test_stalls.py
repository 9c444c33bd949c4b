"""Tables that stall: calls that take 5 s delay a message, and lose, repeat or hide nothing."""

import random
from collections.abc import Callable, Sequence

import pytest

from drift.ports import Row, Write
from drift.state.resource_record import load_record
from tests.support import open_account
from tests.support.memory_store import MemoryStore
from tests.support.open_account import OPEN, broken, mended
from tests.support.rig import ACCOUNT, Clock, Rig

OPENED = "TOY-OPEN opened"
RESOLVED = "TOY-OPEN resolved"
STALL_SECONDS = 5


class StallingStore(MemoryStore):
    """A store of whose calls some take 5 s, as ``stalls`` says; a commit may stall after it was done."""

    def __init__(self, clock: Clock, stalls: Callable[[], bool]) -> None:
        super().__init__()
        self._clock = clock
        self._stalls = stalls

    def get(self, partition: str, key: str) -> Row | None:
        self._stall()
        return super().get(partition, key)

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        self._stall()
        return super().range(partition, first, end, limit)

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        self._stall()
        super().commit(partition, writes)
        self._stall()

    def _stall(self) -> None:
        if self._stalls():
            self._clock.advance(seconds=STALL_SECONDS)


def stalling(stalls: Callable[[], bool]) -> Rig:
    """Return a monitor on tables that stall, which has seen the account in order."""
    rig = Rig(None)
    rig.use(StallingStore(rig.clock, stalls))
    open_account.place(rig)
    rig.only(OPEN)
    rig.write(ACCOUNT)
    rig.later(minutes=6)
    return rig


@pytest.mark.parametrize("seed", range(3))
def test_a_drift_and_its_repair_are_told_once_where_a_fifth_of_all_calls_stalls(seed: int) -> None:
    dice = random.Random(seed)
    rig = stalling(lambda: dice.random() < 0.2)
    rig.arm.lag(ACCOUNT, seconds=2)
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=6)
    rig.arm.lag(ACCOUNT, seconds=30)
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=6)
    health = rig.monitor.health()

    assert [each.changes for each in (rig.teams, rig.pagerduty, rig.splunk)] == [
        [OPENED, RESOLVED]
    ] * 3
    assert load_record(rig.store, ACCOUNT).record.owed == {}
    assert (health["status"], health["undelivered"]) == ("ok", 0)


def test_a_drift_is_told_where_every_call_stalls() -> None:
    rig = stalling(lambda: True)
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=6)

    assert rig.teams.changes == [OPENED]
