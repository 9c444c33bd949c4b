"""A resource counts as deleted only if Azure proves it, and that is never reported as a fix."""

import pytest

from drift import ids
from drift.notices import Closure
from tests.support import open_account
from tests.support.open_account import OPEN, WHOLE_SUBSCRIPTION, broken
from tests.support.rig import ACCOUNT, Rig

DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
OPENED = "TOY-OPEN opened"
CLOSED = "TOY-OPEN closed"


NOTE = open_account.toy(
    "TOY-NOTE", open_account.is_fine, **{open_account.TYPE: ("properties.note",)}
)


@pytest.fixture
def failing(known: Rig) -> Rig:
    """Return a monitor with an incident open for a while."""
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    return known


def remove(rig: Rig) -> None:
    del rig.arm.documents[ids.key(ACCOUNT)]


def test_a_deletion_that_was_announced_closes_at_once_and_says_by_whom(failing: Rig) -> None:
    remove(failing)
    failing.write(ACCOUNT, kind=DELETED)
    notice, _ = failing.teams.told[-1]

    assert notice.closure is Closure.DELETED
    assert notice.changed_by is not None
    assert notice.fix_command is None


@pytest.mark.parametrize(
    "code", ["", "SubscriptionNotFound", "InvalidResourceType", "Gone", "NotFound"]
)
def test_another_404_is_unknown_however_long_it_lasts(failing: Rig, code: str) -> None:
    remove(failing)
    failing.arm.absent = code
    failing.write(ACCOUNT, kind=DELETED)
    failing.later(minutes=30)

    assert CLOSED not in failing.teams.changes
    assert failing.monitor.health()["unknown"] == 1


@pytest.mark.parametrize(
    "code",
    ["ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound", "resourcenotfound"],
)
def test_a_404_by_its_code_is_believed_once_it_has_lasted(failing: Rig, code: str) -> None:
    remove(failing)
    failing.arm.absent = code
    failing.write(ACCOUNT)

    assert CLOSED not in failing.teams.changes

    failing.later(minutes=2)

    assert failing.teams.changes == [OPENED, CLOSED]
    assert failing.monitor.health()["unknown"] == 0


def test_a_subscription_that_was_readable_a_while_ago_proves_nothing_now(failing: Rig) -> None:
    open_account.place(failing, phi=False)
    broken(failing)
    failing.write(ACCOUNT)
    remove(failing)
    failing.arm.refuse(WHOLE_SUBSCRIPTION, 403)
    failing.clock.advance(minutes=1)
    failing.write(ACCOUNT, kind=DELETED)

    assert CLOSED not in failing.splunk.changes


def test_a_404_that_passes_is_no_end(failing: Rig) -> None:
    failing.arm.answer_once(ACCOUNT, 404)
    failing.write(ACCOUNT)
    failing.later(minutes=5)

    assert failing.teams.changes == [OPENED]
    assert failing.monitor.health()["unknown"] == 0


def test_two_404s_with_an_answer_between_them_are_no_end(failing: Rig) -> None:
    failing.arm.answer_once(ACCOUNT, 404)
    failing.write(ACCOUNT)
    failing.clock.advance(seconds=50)
    failing.write(ACCOUNT)
    failing.clock.advance(seconds=20)
    failing.arm.answer_once(ACCOUNT, 404)
    failing.write(ACCOUNT)
    failing.later(minutes=5)

    assert failing.teams.changes == [OPENED]


def test_a_fresh_resource_that_a_replica_does_not_know_yet_is_judged_when_it_does(
    clinic: Rig,
) -> None:
    broken(clinic)
    clinic.arm.behind[ids.key(ACCOUNT)] = (clinic.clock.now, 404)
    clinic.arm.answer_once(ACCOUNT, 404)
    clinic.write(ACCOUNT)
    clinic.later(minutes=2)

    assert clinic.teams.changes == [OPENED]


def test_a_deletion_that_a_replica_does_not_know_yet_is_seen_after_settling(
    failing: Rig,
) -> None:
    failing.arm.lag(ACCOUNT, seconds=20)
    remove(failing)
    failing.write(ACCOUNT, kind=DELETED)

    assert failing.teams.changes == [OPENED]

    failing.later(minutes=2)

    assert failing.teams.changes == [OPENED, CLOSED]


def test_a_deletion_right_after_a_change_that_shows_is_seen_after_settling(
    failing: Rig,
) -> None:
    """The replica shows the last change, so that the read has news; it is not the last news."""
    failing.only(OPEN, NOTE)
    failing.write(ACCOUNT)
    failing.later(minutes=3)
    failing.arm.set(ACCOUNT, note="new")
    failing.arm.lag(ACCOUNT, seconds=20)
    remove(failing)
    failing.write(ACCOUNT, kind=DELETED)
    failing.later(minutes=2)

    assert failing.teams.changes == [OPENED, CLOSED]


def test_a_resource_made_anew_after_its_end_is_a_new_incident_told_like_an_opening(
    failing: Rig,
) -> None:
    body = failing.arm.body(ACCOUNT)
    remove(failing)
    failing.write(ACCOUNT, kind=DELETED)
    failing.later(minutes=1)
    failing.arm.documents[ids.key(ACCOUNT)] = body
    failing.write(ACCOUNT)
    notice, _ = failing.teams.told[-1]

    assert failing.teams.changes == [OPENED, CLOSED, OPENED]
    assert not notice.is_cause
    assert notice.differences == ()


def test_the_delete_event_of_an_earlier_life_does_not_end_the_new_one(failing: Rig) -> None:
    late = failing.event(ACCOUNT, kind=DELETED)
    failing.clock.advance(seconds=30)
    failing.write(ACCOUNT)
    failing.clock.advance(minutes=3)
    failing.deliver(late)
    failing.later(minutes=3)
    failing.arm.answer_once(ACCOUNT, 404)
    failing.write(ACCOUNT)
    failing.later(minutes=3)

    assert failing.teams.changes == [OPENED]


def made_anew_behind_a_replica(rig: Rig) -> None:
    """Create the account again; a replica does not show it for 30 s."""
    body = rig.arm.body(ACCOUNT)
    remove(rig)
    rig.arm.lag(ACCOUNT, seconds=30)
    rig.arm.documents[ids.key(ACCOUNT)] = body


def test_a_deletion_and_a_creation_of_one_time_do_not_end_the_resource(failing: Rig) -> None:
    deletion = failing.event(ACCOUNT, kind=DELETED)
    made_anew_behind_a_replica(failing)
    failing.write(ACCOUNT)
    failing.deliver(deletion)
    failing.later(minutes=3)

    assert failing.teams.changes == [OPENED]


def test_a_second_404_does_not_end_a_resource_that_an_event_reports_created_again(
    failing: Rig,
) -> None:
    failing.arm.answer_once(ACCOUNT, 404)
    failing.write(ACCOUNT)
    failing.clock.advance(seconds=61)
    made_anew_behind_a_replica(failing)
    failing.write(ACCOUNT)
    failing.later(minutes=3)

    assert failing.teams.changes == [OPENED]


def test_a_deletion_long_ago_makes_no_later_404_credible(failing: Rig) -> None:
    """The delete event is answered by a 200, with something around it refused for ever."""
    failing.only(OPEN, open_account.CONTAINER)
    failing.arm.refuse(open_account.CONTAINERS, 403)
    failing.write(ACCOUNT, kind=DELETED)
    failing.later(minutes=30)
    failing.arm.answer_once(ACCOUNT, 404)
    failing.write(ACCOUNT)

    assert CLOSED not in failing.teams.changes


def test_what_was_unknown_of_a_resource_that_is_gone_is_forgotten(known: Rig) -> None:
    known.arm.set(ACCOUNT, open="perhaps")
    known.write(ACCOUNT)
    known.later(minutes=3)
    body = known.arm.body(ACCOUNT)
    remove(known)
    known.write(ACCOUNT, kind=DELETED)

    assert known.monitor.health()["unknown"] == 0

    known.later(minutes=60)
    known.arm.documents[ids.key(ACCOUNT)] = body
    known.write(ACCOUNT)
    known.later(minutes=10)

    assert known.splunk.changes == []


def test_a_resource_that_is_gone_is_left_alone(failing: Rig) -> None:
    remove(failing)
    failing.write(ACCOUNT, kind=DELETED)
    failing.later(minutes=3)
    failing.arm.reads.clear()
    failing.later(minutes=120)

    assert failing.arm.reads.total() == 0
    assert failing.monitor.health()["status"] == "ok"


def test_a_resource_that_was_made_anew_is_not_taken_for_deleted(failing: Rig) -> None:
    """The new one's event came first, then the old one's end; no replica knows the new one yet."""
    body, end = failing.arm.body(ACCOUNT), failing.event(ACCOUNT, kind=DELETED)
    remove(failing)
    failing.clock.advance(seconds=2)
    failing.arm.lag(ACCOUNT, seconds=15)
    failing.arm.documents[ids.key(ACCOUNT)] = body
    failing.clock.advance(seconds=1)
    made = failing.event(ACCOUNT)
    for event in (made, end):
        failing.clock.advance(seconds=2)
        failing.deliver(event)
    failing.later(minutes=30)

    assert failing.teams.changes == [OPENED]


def test_a_resource_that_was_made_anew_and_fails_is_told(known: Rig) -> None:
    body, end = known.arm.body(ACCOUNT), known.event(ACCOUNT, kind=DELETED)
    body["properties"] = {**body["properties"], "open": True}
    remove(known)
    known.clock.advance(seconds=1)
    known.arm.lag(ACCOUNT, seconds=6)
    known.arm.documents[ids.key(ACCOUNT)] = body
    made = known.event(ACCOUNT)
    for event in (made, end):
        known.clock.advance(seconds=2)
        known.deliver(event)
    known.later(minutes=5)

    assert known.teams.changes == [OPENED]


def test_who_deleted_an_earlier_resource_of_that_name_is_not_named_for_the_end(
    failing: Rig,
) -> None:
    """The event of the second deletion is late."""
    body, end = failing.arm.body(ACCOUNT), failing.event(ACCOUNT, kind=DELETED)
    failing.clock.advance(seconds=2)
    failing.arm.documents[ids.key(ACCOUNT)] = body
    made = failing.event(ACCOUNT, claims={})
    for event in (end, made):
        failing.deliver(event)
    failing.later(seconds=10)
    remove(failing)
    failing.later(minutes=5)
    notice, _ = failing.teams.told[-1]

    assert (notice.closure, notice.changed_by) == (Closure.DELETED, None)


def test_who_deleted_it_before_it_was_seen_again_is_not_named_for_the_end(failing: Rig) -> None:
    """No event reports its creation, and the refused reads around it keep the first deletion known."""
    failing.only(OPEN, open_account.CONTAINER)
    failing.arm.refuse(open_account.CONTAINERS, 403)
    failing.write(f"{open_account.CONTAINERS}/scans")
    failing.write(ACCOUNT, kind=DELETED)
    failing.later(minutes=5)
    remove(failing)
    failing.write(ACCOUNT, claims={})
    failing.later(minutes=5)
    notice, _ = failing.teams.told[-1]

    assert (notice.closure, notice.changed_by) == (Closure.DELETED, None)


def test_a_deletion_that_a_read_has_disproved_makes_no_later_404_credible(failing: Rig) -> None:
    """The refused documents around the account need a proof for ever."""
    failing.only(OPEN, open_account.CONTAINER)
    failing.arm.refuse(open_account.CONTAINERS, 403)
    failing.write(ACCOUNT, kind=DELETED)
    failing.write(f"{open_account.CONTAINERS}/scans")
    failing.later(minutes=90)
    failing.arm.answer_once(ACCOUNT, 404)
    failing.write(ACCOUNT)
    failing.later(minutes=5)

    assert CLOSED not in failing.teams.changes
