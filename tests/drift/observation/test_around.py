"""Related resources: read once, cached, and read again after an event that names them."""

import pytest

from drift import ids
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.notices import Standing
from tests.drift.observation.vaults import VAULT, VAULTED
from tests.support import open_account
from tests.support.open_account import CONTAINER, CONTAINERS, OPEN
from tests.support.rig import ACCOUNT, Rig

LIST = ids.key(CONTAINERS)


def lazily(resource: Resource, azure: Estate) -> Verdict:
    if not resource.flag("properties.open"):
        return Verdict(Outcome.PASS, "closed")
    return open_account.has_open_container(resource, azure)


LAZY = open_account.toy(
    "TOY-LAZY",
    lazily,
    **{f"{open_account.TYPE}/blobservices/containers": ("properties.publicAccess",)},
)


def test_related_reads_are_cached_for_a_while(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.write(ACCOUNT)

    assert known.arm.reads[LIST] == 1


def hours_later(known: Rig, hours: int, *, status: int) -> int:
    """Write the account when its vault was read so long ago and is refused; count the unknown verdicts."""
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    known.write(ACCOUNT)
    known.clock.advance(hours=hours)
    known.arm.refuse(VAULT, status)
    known.write(ACCOUNT)
    return int(known.monitor.health()["unknown"])


def test_an_old_related_read_stands_where_a_limit_leaves_no_read_for_a_newer_one(
    known: Rig,
) -> None:
    assert hours_later(known, 3, status=429) == 0


def test_a_related_read_of_long_ago_does_not_stand_though_a_limit_leaves_no_read(
    known: Rig,
) -> None:
    assert hours_later(known, 7, status=429) == 1


@pytest.mark.parametrize("status", [403, 500])
def test_an_old_related_read_does_not_stand_where_the_document_is_refused(
    known: Rig, status: int
) -> None:
    assert hours_later(known, 3, status=status) == 1


def test_an_owed_document_keeps_what_is_known_of_it_where_a_limit_leaves_no_read(
    known: Rig,
) -> None:
    """New events are answered by a read that also confirms the events of the vault."""
    known.only(VAULTED)
    known.arm.put(VAULT, properties={"enablePurgeProtection": True})
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.lag(VAULT, seconds=150)
    known.arm.set(VAULT, enablePurgeProtection=False)
    known.write(VAULT)
    for _ in range(4):
        known.write(ACCOUNT)
    known.arm.refused[ids.key(VAULT)] = 429
    known.clock.advance(minutes=2)
    known.run(known.monitor.tick())

    assert known.monitor.health()["unknown"] == 0

    known.arm.refused.clear()
    known.later(minutes=3)

    assert known.teams.changes == ["TOY-VAULT opened"]


def test_a_container_that_an_event_names_is_read_again(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=5)
    open_account.container(known, "scans", "Container")
    known.write(scans)

    assert known.teams.changes == ["TOY-CONTAINER opened"]


def test_a_container_changed_on_the_data_plane_is_found_by_the_poll(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=2)
    open_account.container(known, "scans", "Container")
    known.later(minutes=15)

    assert known.teams.changes == ["TOY-CONTAINER opened"]


def test_the_poll_goes_on_after_its_reads_were_refused_for_a_while(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=2)
    known.arm.refuse(CONTAINERS, 503)
    known.later(minutes=20)
    del known.arm.documents[LIST]
    known.later(minutes=20)
    open_account.container(known, "scans", "Container")
    known.later(minutes=17)

    assert known.teams.changes[-1] == "TOY-CONTAINER opened"


def test_a_list_that_was_not_asked_for_is_not_remembered_across_an_event_about_it(
    known: Rig,
) -> None:
    """The list was read, then not needed; its change was covered; it must not be believed later."""
    known.only(LAZY)
    scans = open_account.container(known, "scans", "None")
    open_account.broken(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    open_account.mended(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    event = known.event(scans)
    open_account.container(known, "scans", "Container")
    known.clock.advance(seconds=70)
    known.write(ACCOUNT)
    known.deliver(event)
    known.later(minutes=2)
    open_account.broken(known)
    known.write(ACCOUNT)

    assert known.teams.changes[-1:] == ["TOY-LAZY opened"]


def test_a_refused_read_does_not_use_an_older_cached_read(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=2)
    known.arm.refuse(CONTAINERS, 403)
    open_account.container(known, "scans", "Container")
    known.write(scans)
    known.write(ACCOUNT)
    known.later(minutes=2)

    assert known.monitor.health()["unknown"] == 1
    assert known.teams.changes == []


def test_an_event_about_what_was_refused_is_not_covered_by_the_account(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.arm.refuse(CONTAINERS, 403)
    known.write(ACCOUNT)
    known.later(minutes=30)
    open_account.container(known, "scans", "Container")
    event = known.event(scans)
    known.clock.advance(seconds=80)
    known.write(ACCOUNT)
    del known.arm.documents[LIST]
    known.deliver(event)

    assert "TOY-CONTAINER opened" in known.teams.changes


def test_an_event_that_comes_while_its_resource_is_read_is_read_for_too(known: Rig) -> None:
    late = known.event(ACCOUNT)

    def write_meanwhile(name: str) -> None:
        known.arm.meanwhile = lambda _: None
        known.arm.lag(ACCOUNT, seconds=0.001)
        open_account.broken(known)
        known.deliver(late)

    known.arm.meanwhile = write_meanwhile
    known.arm.lag(ACCOUNT, seconds=0)
    known.write(ACCOUNT)

    assert known.arm.reads[ids.key(ACCOUNT)] == 2


def test_an_evaluation_that_runs_out_of_time_leaves_unread_parts_unknown(known: Rig) -> None:
    """ARM hangs: each read costs 15 s. Who holds the resource must not be taken for dead."""
    names = [f"{ACCOUNT}/blobServices/default/part{number}" for number in range(12)]

    def everything(resource: Resource, azure: Estate) -> Verdict:
        for each in names:
            azure.children(each, "of")
        return Verdict(Outcome.PASS, "all read")

    known.only(OPEN, open_account.toy("TOY-SLOW", everything))
    known.arm.meanwhile = lambda _: known.clock.advance(seconds=15)
    open_account.broken(known)
    began = known.clock.now
    known.write(ACCOUNT)

    assert (known.clock.now - began).total_seconds() <= 60
    assert known.teams.changes == ["TOY-OPEN opened"]
    assert known.monitor.health()["unknown"] == 1


def test_related_documents_that_are_read_for_the_first_time_are_no_difference(known: Rig) -> None:
    known.only(LAZY)
    known.arm.set(ACCOUNT, open=False)
    open_account.container(known, "scans", "Container")
    known.write(ACCOUNT)
    known.later(minutes=3)
    open_account.broken(known)
    known.write(ACCOUNT)
    [notice] = [each for each, _ in known.teams.told]

    assert [each.path for each in notice.differences] == ["properties.open"]
    assert notice.standing is Standing.LIKELY
