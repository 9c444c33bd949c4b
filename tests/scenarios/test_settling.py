"""A read that may be stale is confirmed: which incidents close, which wait, and when the next read is."""

from datetime import timedelta

import pytest

from drift import ids
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from drift.notices import Closure
from tests.scenarios.replicas import OPENED, READS, RESOLVED
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken, mended
from tests.support.rig import ACCOUNT, Rig

UPDATED = "TOY-OPEN updated"


def test_a_related_read_that_is_refused_for_ever_does_not_keep_a_read_from_settling(
    known: Rig,
) -> None:
    known.only(OPEN, CONTAINER)
    known.arm.refuse(open_account.CONTAINERS, 403)
    known.write(ACCOUNT)
    known.later(minutes=60)
    stale = known.arm.body(ACCOUNT)
    broken(known)
    known.arm.answer_once(ACCOUNT, stale)
    known.write(ACCOUNT)
    known.later(minutes=2)

    assert OPENED in known.teams.changes


def test_a_container_that_was_seen_once_does_not_keep_later_reads_from_settling(
    known: Rig,
) -> None:
    def lazily(resource: Resource, azure: Estate) -> Verdict:
        if not resource.flag("properties.open"):
            return Verdict(Outcome.PASS, "closed")
        return open_account.has_open_container(resource, azure)

    known.only(
        open_account.toy(
            "TOY-LAZY",
            lazily,
            **{f"{open_account.TYPE}/blobservices/containers": ("properties.publicAccess",)},
        )
    )
    open_account.container(known, "scans", "None")
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.arm.reads.clear()
    known.write(ACCOUNT)
    known.later(minutes=3)

    assert known.arm.reads[READS] == 4  # the first, two quick ones, the confirmation


def test_a_stale_failure_right_after_the_all_clear_is_read_again(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    stale = known.arm.body(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    known.write(ACCOUNT)
    known.clock.advance(seconds=10)
    known.arm.answer_once(ACCOUNT, stale)
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED, RESOLVED, OPENED]

    known.later(minutes=3)

    assert known.teams.changes == [OPENED, RESOLVED, OPENED, RESOLVED]


def test_a_write_while_the_fix_settles_is_not_lost_behind_it(known: Rig) -> None:
    """Broken, mended after 10 s, broken again just before the fix is confirmed; that read lags."""
    broken(known)
    known.write(ACCOUNT)
    known.clock.advance(seconds=10)
    mended(known)
    known.write(ACCOUNT)
    known.clock.advance(seconds=49)
    known.arm.lag(ACCOUNT, seconds=20)
    broken(known)
    known.write(ACCOUNT)
    known.later(seconds=2)
    known.later(minutes=3)
    reopened, named = (notice for notice, _ in known.teams.told[2:])

    assert known.teams.changes == [OPENED, RESOLVED, OPENED, UPDATED]
    assert reopened.changed_by is None  # a replica that is behind may show the old failure
    assert named.changed_by is not None


def test_a_pass_from_a_list_that_came_too_early_closes_nothing(known: Rig) -> None:
    """The poll's answer is behind; the settling read does not take it from memory."""
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.arm.lag(scans, seconds=0)
    open_account.container(known, "scans", "Container")
    known.write(scans)
    known.later(minutes=14)
    known.clock.advance(seconds=50)
    known.write(ACCOUNT)
    until, before = known.arm.behind[ids.key(scans)]
    known.arm.behind[ids.key(scans)] = (until + timedelta(minutes=15, seconds=30), before)
    known.later(seconds=15)

    assert known.arm.reads[ids.key(open_account.CONTAINERS)] > 1

    known.later(minutes=5)

    assert known.teams.changes == ["TOY-CONTAINER opened"]


def test_a_resource_that_goes_on_changing_is_read_ever_more_rarely(known: Rig) -> None:
    known.arm.set(ACCOUNT, provisioningState="Updating")
    known.write(ACCOUNT)
    known.later(minutes=20)
    at_first = known.arm.reads[READS]
    known.later(minutes=240)
    later = known.arm.reads[READS] - at_first

    assert at_first in {5, 6}  # at once, to confirm, after 1, 2, 5 and 10 min
    assert later in {3, 4}  # hourly

    known.arm.set(ACCOUNT, provisioningState="Succeeded")
    known.later(minutes=60)
    known.arm.reads.clear()
    known.later(minutes=180)

    assert known.arm.reads[READS] == 0


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_fix_that_shows_at_once_is_told_with_what_was_before_the_fix(
    known: Rig, seconds: int
) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.clock.advance(seconds=seconds)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    notice, _ = known.teams.told[-1]

    assert known.teams.changes == [OPENED, RESOLVED]
    assert notice.closure is Closure.FIXED
    assert [(each.before, each.after) for each in notice.differences] == [(True, False)]


def test_a_stale_pass_of_the_same_second_as_the_failure_closes_nothing(known: Rig) -> None:
    """A Date has whole seconds: two answers that differ may carry the same one."""
    before = known.arm.body(ACCOUNT)
    broken(known)
    known.write(ACCOUNT)
    known.arm.answer_once(ACCOUNT, before)
    known.write(ACCOUNT)
    known.later(minutes=5)

    assert known.teams.changes == ["TOY-OPEN opened"]
