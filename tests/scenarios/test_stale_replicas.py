"""Lagging ARM replicas: a read that proves nothing is followed by one more."""

from tests.scenarios.replicas import OPENED, READS, RESOLVED
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken, mended
from tests.support.rig import ACCOUNT, Rig

NOTE = open_account.toy(
    "TOY-NOTE", open_account.is_fine, **{open_account.TYPE: ("properties.note",)}
)


def test_an_event_covered_by_a_poll_that_lagged_is_read_after_settling(known: Rig) -> None:
    """The poll came a moment after the write, and was answered by a replica behind it."""
    known.only(OPEN, CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=14)
    known.clock.advance(seconds=51)
    event = known.event(ACCOUNT)
    known.arm.lag(ACCOUNT, seconds=15)
    broken(known)
    known.arm.reads.clear()
    known.later(seconds=10)
    known.clock.advance(seconds=20)
    known.deliver(event)

    assert known.arm.reads[READS] == 1
    assert known.teams.changes == []

    known.later(minutes=2)
    notice, _ = known.teams.told[0]

    assert known.teams.changes == [OPENED]
    assert notice.changed_by is not None


def test_a_replica_that_shows_only_the_first_of_two_writes_does_not_hide_the_second(
    known: Rig,
) -> None:
    known.only(OPEN, NOTE)
    known.arm.set(ACCOUNT, note="old")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.set(ACCOUNT, note="new")
    first = known.event(ACCOUNT)
    known.clock.advance(seconds=1)
    known.arm.lag(ACCOUNT, seconds=20)
    broken(known)
    second = known.event(ACCOUNT)
    for event in (first, second):
        known.clock.advance(seconds=7)
        known.deliver(event)
    known.later(minutes=3)

    assert known.teams.changes == [OPENED]


def test_an_all_clear_is_taken_back_where_it_was_opened_again_a_second_later(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=10)
    mended(known)
    first = known.event(ACCOUNT)
    known.clock.advance(seconds=1)
    known.arm.lag(ACCOUNT, seconds=8)
    broken(known)
    second = known.event(ACCOUNT)
    known.clock.advance(seconds=7)
    known.deliver(first)
    known.clock.advance(seconds=1)
    known.deliver(second)
    known.later(minutes=3)

    assert known.teams.changes == [OPENED, RESOLVED, OPENED]


def test_a_stale_answer_in_the_second_of_the_failing_one_is_no_all_clear(known: Rig) -> None:
    """Azure's Date has whole seconds: of two answers with the same Date nobody knows the order."""
    before = known.arm.body(ACCOUNT)
    broken(known)
    known.write(ACCOUNT)
    known.arm.answer_once(ACCOUNT, before)
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED]

    known.later(minutes=3)

    assert known.teams.changes == [OPENED]


def test_a_repair_in_the_second_of_the_failing_answer_is_an_all_clear_after_settling(
    known: Rig,
) -> None:
    known.only(OPEN, CONTAINER)
    open_account.container(known, "scans", "None")
    broken(known)
    known.write(ACCOUNT)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=2)

    assert known.teams.changes == [OPENED, RESOLVED]


def test_what_a_container_shows_says_nothing_of_the_write_of_its_account(known: Rig) -> None:
    known.only(OPEN, CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.lag(ACCOUNT, seconds=9)
    broken(known)
    of_account = known.event(ACCOUNT)
    open_account.container(known, "scans", "Container")
    of_container = known.event(scans)
    known.clock.advance(seconds=7)
    known.deliver(of_container)
    known.clock.advance(seconds=1)
    known.deliver(of_account)
    known.later(minutes=3)

    assert known.teams.changes == ["TOY-CONTAINER opened", OPENED]


def test_an_event_just_before_the_confirmation_read_gets_its_own_confirmation_read(
    known: Rig,
) -> None:
    known.write(ACCOUNT)
    known.clock.advance(seconds=59)
    known.arm.lag(ACCOUNT, seconds=20)
    broken(known)
    known.write(ACCOUNT)
    known.later(seconds=2)

    assert known.teams.changes == []

    known.later(minutes=2)

    assert known.teams.changes == [OPENED]


def test_a_trailing_read_that_shows_nothing_new_is_read_again_within_seconds(known: Rig) -> None:
    for _ in range(3):
        known.write(ACCOUNT)
        known.clock.advance(seconds=1)
    known.clock.advance(seconds=50)
    stale = known.arm.body(ACCOUNT)
    broken(known)
    known.write(ACCOUNT)
    known.arm.answer_once(ACCOUNT, stale)
    known.later(seconds=10)

    assert known.teams.changes == []

    known.later(seconds=10)

    assert known.teams.changes == [OPENED]


def test_one_read_for_two_events_that_shows_only_one_of_them_is_settled(known: Rig) -> None:
    """The account changed twice; the replica knows the first change only."""
    known.only(OPEN, open_account.toy("TOY-NAMED", open_account.is_open))
    for _ in range(3):
        known.write(ACCOUNT)
    known.later(minutes=0, seconds=1)
    body = known.arm.body(ACCOUNT)
    half = {**body, "properties": {**body["properties"], "open": True}}
    known.arm.set(ACCOUNT, open=True)
    known.write(ACCOUNT)
    mended(known)
    known.write(ACCOUNT)
    known.arm.answer_once(ACCOUNT, half)
    known.later(minutes=3)

    assert known.teams.changes[:1] == [OPENED]
    assert RESOLVED in known.teams.changes
