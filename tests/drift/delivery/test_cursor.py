"""The cursor: its row stays small, however many changes an incident has."""

from dataclasses import replace
from datetime import timedelta

from drift.codec import encode, versioned
from drift.delivery.cursor import Cursor
from drift.ports import Put
from tests.support.memory_store import MemoryStore
from tests.support.rig import Clock


def test_a_cursor_of_a_thousand_changes_fits_its_row_and_keeps_the_newest_times() -> None:
    clock, cursor = Clock(), Cursor()
    for sequence in range(1, 1001):
        at = clock() + timedelta(minutes=sequence)
        cursor = replace(cursor, told=sequence, times=cursor.times_with(sequence, at))
    MemoryStore().commit("shard-0", [Put("cursor|x", versioned(encode(cursor)))])

    assert cursor.times["1000"] == clock() + timedelta(minutes=1000)
    assert sorted(map(int, cursor.times)) == list(range(801, 1001))


def test_a_time_under_a_key_of_another_version_is_kept_and_sorts_before_all() -> None:
    """An error here would come after the change was sent, so it would be sent again at every try."""
    clock = Clock()
    cursor = Cursor(told=2, times={"novel": clock(), "2": clock()})
    cursor = replace(cursor, told=3, times=cursor.times_with(3, clock()))

    assert list(cursor.times) == ["novel", "2", "3"]
    assert list(cursor.sent_at) == [2, 3]
