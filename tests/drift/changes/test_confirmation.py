"""Related documents are read again if a lagging replica may have answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drift import ids
from drift.changes.confirmation import confirmation_time
from drift.config.model import Timing
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.state.resource_record import Owed, load_record
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken, mended
from tests.support.rig import ACCOUNT, GROUP, Rig

NETWORK = f"{GROUP}/providers/Microsoft.Network"
HOST = f"{NETWORK}/bastionHosts/way-in"


def has_a_host(resource: Resource, azure: Estate) -> Verdict:
    """Fail where there is no host; one that is still being made proves nothing."""
    for each in azure.children(NETWORK, "bastionHosts"):
        if azure.get(each.id) is None:
            continue
        if each.word("properties.provisioningState") != "succeeded":
            raise Unreadable(HOST, "it is being made")
        return Verdict(Outcome.PASS, "there is a host")
    return Verdict(Outcome.FAIL, "there is no host")


HOSTED = open_account.toy(
    "TOY-HOSTED",
    has_a_host,
    **{"microsoft.network/bastionhosts": ("properties.provisioningState",)},
)


def host(rig: Rig, state: str) -> None:
    rig.arm.put(HOST, properties={"provisioningState": state})


def test_a_list_that_was_read_too_early_is_read_again_to_confirm_the_event_of_its_item(
    clinic: Rig,
) -> None:
    """The container's event came before any verdict rested on the list."""
    clinic.only(CONTAINER)
    clinic.arm.lag(f"{open_account.CONTAINERS}/scans", seconds=50)
    scans = open_account.container(clinic, "scans", "Container")
    clinic.write(scans)
    clinic.write(ACCOUNT)
    clinic.later(seconds=40)

    assert clinic.teams.changes == []

    clinic.later(seconds=40)

    assert clinic.teams.changes == ["TOY-CONTAINER opened"]


def test_a_confirmation_reads_what_is_owed_alone(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.reads.clear()
    known.write(ACCOUNT)
    known.later(minutes=3)
    of_account = dict(known.arm.reads)
    known.arm.reads.clear()
    known.write(scans)
    known.later(minutes=3)

    assert of_account == {ids.key(ACCOUNT): 4}
    assert known.arm.reads == {ids.key(ACCOUNT): 1, ids.key(open_account.CONTAINERS): 4}


def test_a_second_look_repeats_no_read_of_what_is_related(known: Rig) -> None:
    known.only(CONTAINER, OPEN)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.clock.advance(minutes=16)  # what was read around the account is no longer remembered
    known.arm.reads.clear()
    known.write(ACCOUNT)
    at_once = dict(known.arm.reads)
    known.later(minutes=3)

    assert at_once == {ids.key(ACCOUNT): 1, ids.key(open_account.CONTAINERS): 1}
    assert known.arm.reads == {ids.key(ACCOUNT): 4, ids.key(open_account.CONTAINERS): 1}


def hide_open_container(rig: Rig) -> None:
    """Open a container for everybody behind a replica that does not show it for almost a minute."""
    rig.arm.lag(f"{open_account.CONTAINERS}/scans", seconds=59)
    rig.write(open_account.container(rig, "scans", "Container"))


@pytest.fixture
def settled(known: Rig) -> Rig:
    """Return a monitor that has seen the account and its container in order, and settled."""
    known.only(OPEN, CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.reads.clear()
    return known


def test_an_event_about_another_document_delays_no_confirmation(settled: Rig) -> None:
    hide_open_container(settled)
    settled.later(seconds=50)
    settled.arm.reads.clear()
    settled.write(ACCOUNT)
    settled.later(seconds=35)

    assert settled.teams.changes == ["TOY-CONTAINER opened"]

    settled.later(minutes=3)

    assert settled.arm.reads == {ids.key(ACCOUNT): 4, ids.key(open_account.CONTAINERS): 1}


def test_an_alert_whose_cause_is_not_proven_delays_no_confirmation_of_another_document(
    settled: Rig,
) -> None:
    settled.write(open_account.container(settled, "scans", "None"))
    settled.later(seconds=50)
    hide_open_container(settled)
    settled.later(seconds=55)
    broken(settled)
    settled.write(ACCOUNT)
    settled.later(seconds=30)

    assert settled.teams.changes == ["TOY-OPEN opened", "TOY-CONTAINER opened"]


def test_an_alert_about_another_document_delays_no_confirmation_of_the_account(
    settled: Rig,
) -> None:
    settled.arm.lag(ACCOUNT, seconds=59)
    broken(settled)
    settled.write(ACCOUNT)
    settled.later(seconds=40)
    settled.write(open_account.container(settled, "scans", "Container"))
    settled.later(seconds=40)

    assert settled.teams.changes == ["TOY-CONTAINER opened", "TOY-OPEN opened"]


def test_a_failure_that_seems_to_have_ended_delays_no_alert_about_another_document(
    settled: Rig,
) -> None:
    settled.configure(timing=replace(settled.services.config.timing, reads_per_minute=9))
    hide_open_container(settled)
    settled.later(seconds=15)
    settled.write(ACCOUNT)  # shows nothing new: so the list of containers is read quickly again
    settled.later(seconds=15)
    broken(settled)
    settled.write(ACCOUNT)
    settled.later(seconds=6)
    mended(settled)
    settled.write(ACCOUNT)
    settled.later(seconds=44)

    assert settled.teams.changes == ["TOY-OPEN opened", "TOY-CONTAINER opened"]

    settled.later(minutes=2)

    assert settled.teams.changes[2:] == ["TOY-OPEN resolved"]


def test_reads_for_other_documents_never_put_off_a_confirmation_that_is_due(settled: Rig) -> None:
    hide_open_container(settled)
    settled.later(seconds=64)
    for _ in range(3):
        settled.write(ACCOUNT)
        settled.later(seconds=4)

    assert settled.teams.changes == ["TOY-CONTAINER opened"]


def test_events_never_put_off_a_confirmation_that_waits_for_a_tick_by_a_slow_clock(
    settled: Rig,
) -> None:
    hide_open_container(settled)
    settled.later(seconds=64)
    slow = settled.ahead(seconds=-2)
    for _ in range(3):
        settled.clock.advance(seconds=9)
        settled.write(ACCOUNT)
        settled.clock.advance(seconds=1)
        settled.run(slow.tick())

    assert settled.teams.changes == ["TOY-CONTAINER opened"]


def test_no_all_clear_rests_on_an_answer_that_an_unproved_event_may_have_overtaken(
    settled: Rig,
) -> None:
    """The container is closed, and opened again behind a replica; then an event about the account comes."""
    settled.configure(timing=replace(settled.services.config.timing, reads_per_minute=9))
    settled.write(open_account.container(settled, "scans", "Container"))
    settled.later(seconds=5)
    settled.write(open_account.container(settled, "scans", "None"))
    settled.later(seconds=45)
    hide_open_container(settled)
    settled.later(seconds=13)
    settled.write(ACCOUNT)

    assert settled.teams.changes == ["TOY-CONTAINER opened"]

    settled.later(minutes=5)

    assert settled.teams.changes[-1] != "TOY-CONTAINER resolved"


def test_writes_of_two_documents_by_turns_do_not_hold_up_an_all_clear(settled: Rig) -> None:
    settled.only(OPEN, CONTAINER, HOSTED)
    settled.configure(timing=replace(settled.services.config.timing, reads_per_minute=60))
    host(settled, "Succeeded")
    broken(settled)
    settled.write(ACCOUNT)
    settled.later(seconds=10)
    mended(settled)
    settled.write(ACCOUNT)
    for _ in range(10):
        settled.later(seconds=31)
        settled.write(open_account.container(settled, "scans", "None"))
        settled.later(seconds=31)
        settled.write(HOST)

    assert settled.teams.changes == ["TOY-OPEN opened", "TOY-OPEN resolved"]


def test_what_is_still_being_made_around_a_resource_is_read_again_when_it_may_be_done(
    known: Rig,
) -> None:
    known.only(HOSTED)
    host(known, "Succeeded")
    known.write(ACCOUNT)
    known.later(minutes=20)
    host(known, "Updating")
    known.write(HOST)
    outcomes = [outcome(known)]
    host(known, "Succeeded")
    known.later(minutes=3)
    outcomes.append(outcome(known))

    assert outcomes == [Outcome.UNKNOWN, Outcome.PASS]


def outcome(rig: Rig) -> Outcome:
    return load_record(rig.store, ACCOUNT).record.controls["TOY-HOSTED"].outcome


@pytest.mark.parametrize(
    ("oldest", "newest", "due"), [(0, 0, 65), (0, 40, 105), (0, 110, 120), (50, 110, 170)]
)
def test_a_confirmation_follows_the_newest_event_and_is_put_off_once_at_most(
    oldest: int, newest: int, due: int
) -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    first, last = (start + timedelta(seconds=each) for each in (oldest, newest))
    owed = Owed(oldest=first, newest=last)

    assert confirmation_time(owed, Timing()) == start + timedelta(seconds=due)
