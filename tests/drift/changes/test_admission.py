"""Which events cause a read, and which are covered by an earlier one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drift import ids
from drift.changes.admission import Admission, LeaseRequest, admit, is_covered
from drift.changes.proof import MOST_NAMED
from drift.clock.skew import MARGIN
from drift.config.model import Timing
from drift.events import Event
from drift.state.resource_record import PENDING, Owed, Record
from tests.support.open_account import BLOBS, CONTAINERS, SETTINGS, WHOLE_SUBSCRIPTION
from tests.support.rig import ACCOUNT, GROUP, Rig

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TIMING = Timing()
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
ALERTS = "providers/Microsoft.Insights/activityLogAlerts"
TAGS = "providers/Microsoft.Resources/tags/default"


def event(subject: str = ACCOUNT, name: str = "one", *, deleted: bool = False) -> Event:
    return Event(
        id=name,
        type="Microsoft.Resources.ResourceWriteSuccess",
        operation="",
        subject=subject,
        target=ACCOUNT,
        at=NOW,
        actor=None,
        correlation_id="",
        deleted=deleted,
    )


def read(*documents: str, at: datetime = LATER) -> Record:
    """Return the record of an account read after the event, and these others before it."""
    older = {ids.key(each): NOW - timedelta(minutes=5) for each in documents}
    return Record(id=ACCOUNT, documents={ids.key(ACCOUNT): at, **older})


def reads(now: datetime = LATER) -> LeaseRequest:
    return LeaseRequest(token="me", now=now, until=now + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("subject", "document"),
    [
        (f"{CONTAINERS}/scans", CONTAINERS),
        (f"{CONTAINERS.upper()}/Scans/", CONTAINERS),
        (BLOBS, BLOBS),
        (f"{SETTINGS}/audit", SETTINGS),
        (f"{GROUP}/{TAGS}", GROUP),
        (f"{WHOLE_SUBSCRIPTION}/{TAGS}", WHOLE_SUBSCRIPTION),
        (f"{GROUP}/{ALERTS}/firewall", f"{WHOLE_SUBSCRIPTION}/{ALERTS}"),
        (GROUP, GROUP),
        (VAULT, VAULT),
        (f"{VAULT}/keys/one", VAULT),
    ],
)
def test_an_event_is_not_covered_by_a_read_of_the_account_alone(
    subject: str, document: str
) -> None:
    assert not is_covered(read(document), event(subject))


@pytest.mark.parametrize(
    ("subject", "document"),
    [
        (ACCOUNT, CONTAINERS),
        (f"{ACCOUNT}/{TAGS}", GROUP),
        (f"{CONTAINERS}/scans", SETTINGS),
        (f"{CONTAINERS}2/scans", CONTAINERS),
        (f"{SETTINGS}/audit", CONTAINERS),
        (f"{GROUP}/{TAGS}", WHOLE_SUBSCRIPTION),
        (f"{VAULT}2", VAULT),
    ],
)
def test_an_event_is_covered_where_only_what_it_cannot_change_is_older(
    subject: str, document: str
) -> None:
    assert is_covered(read(document), event(subject))


def test_nothing_is_covered_before_the_first_read() -> None:
    assert not is_covered(Record(id=ACCOUNT), event())


@pytest.mark.parametrize(("seconds", "covered"), [(-1, False), (0, False), (1, True)])
def test_the_clocks_may_differ_by_the_margin(seconds: float, covered: bool) -> None:
    at = NOW + MARGIN + timedelta(seconds=seconds) - MARGIN

    assert is_covered(read(at=at), event()) is covered


def test_an_exact_duplicate_waits_for_the_trailing_read_as_the_first_did(known: Rig) -> None:
    for _ in range(3):
        known.write(ACCOUNT)
    last = known.write(ACCOUNT)
    read_so_far = known.arm.reads.total()
    for _ in range(5):
        known.deliver(last)

    assert known.arm.reads.total() == read_so_far == 3


def test_an_exact_duplicate_of_an_event_that_is_being_read_does_nothing() -> None:
    _, record = admit(Record(id=ACCOUNT), event(), reads(), TIMING)
    admission, after = admit(record, event(), reads(LATER + timedelta(seconds=1)), TIMING)

    assert admission is Admission.DUPLICATE
    assert after == record


def test_an_exact_duplicate_goes_on_for_a_reader_who_died() -> None:
    _, record = admit(Record(id=ACCOUNT), event(), reads(), TIMING)
    admission, _ = admit(record, event(), reads(LATER + timedelta(minutes=2)), TIMING)

    assert admission is Admission.READ


def test_events_about_too_many_documents_make_every_cached_read_suspect() -> None:
    record = Record(id=ACCOUNT)
    subjects = [f"{SETTINGS}/audit", *(f"{CONTAINERS}/c{each}" for each in range(PENDING + 5))]
    for each in subjects:
        _, record = admit(record, event(each, each), reads(), TIMING)

    assert record.suspects[0] == "*"
    assert len(record.pending) == PENDING


def test_an_event_with_the_id_of_another_and_its_own_time_is_no_duplicate(known: Rig) -> None:
    first = known.write(ACCOUNT)
    known.clock.advance(minutes=5)
    known.arm.reads.clear()
    known.deliver({**first, "eventTime": known.clock.now.isoformat()})
    known.deliver({**first, "eventTime": known.clock.now.isoformat()})

    assert known.arm.reads[ids.key(ACCOUNT)] == 1


def test_an_event_that_a_late_read_has_proved_owes_nothing() -> None:
    at = NOW + timedelta(seconds=TIMING.settle_seconds) - MARGIN
    before = replace(read(at=at), contents={ids.key(ACCOUNT): "hash"})
    admission, record = admit(before, event(), reads(), TIMING)

    assert admission is Admission.PROVED
    assert (record.owed, record.pending) == ({}, ())


@pytest.mark.parametrize(
    "change",
    [
        {"documents": {ids.key(ACCOUNT): NOW + timedelta(seconds=59) - MARGIN}},
        {"unfinished": (ids.key(ACCOUNT),)},
        {"contents": {}},
    ],
    ids=["too early", "still being changed", "only in Resource Graph"],
)
def test_an_event_that_no_read_has_proved_is_owed(change: dict[str, Any]) -> None:
    at = NOW + timedelta(seconds=TIMING.settle_seconds) - MARGIN
    known_by_arm = replace(read(at=at), contents={ids.key(ACCOUNT): "hash"})
    admission, record = admit(replace(known_by_arm, **change), event(), reads(), TIMING)

    assert admission is Admission.COVERED
    assert record.owed == {ids.key(ACCOUNT): Owed(oldest=NOW, newest=NOW)}


def test_no_cap_drops_what_is_owed() -> None:
    record = Record(id=ACCOUNT)
    for each in range(500):
        at = NOW + timedelta(seconds=each)
        one = replace(event(f"{CONTAINERS}/c{each}", f"event {each}"), at=at)
        _, record = admit(record, one, reads(), TIMING)
    owed = record.owed.values()

    assert len(record.owed) <= MOST_NAMED + 1
    assert min(each.oldest for each in owed) == NOW
    assert max(each.newest for each in owed) == NOW + timedelta(seconds=499)


def test_a_resource_is_read_at_once_at_most_three_times_a_minute_however_events_come(
    known: Rig,
) -> None:
    for second in range(60):
        known.write(ACCOUNT)
        known.clock.advance(seconds=1)
        if second % 20 == 0:
            known.run(known.monitor.tick())

    assert known.arm.reads[ids.key(ACCOUNT)] <= 3 + 1 + 2  # at once, at its end, quick ones


def test_reads_of_a_time_when_the_clock_was_ahead_delay_no_event() -> None:
    ahead = tuple(LATER + timedelta(hours=2, seconds=each) for each in range(3))
    admission, record = admit(Record(id=ACCOUNT, reads=ahead), event(), reads(), TIMING)

    assert admission is Admission.READ
    assert record.reads == (LATER,)
