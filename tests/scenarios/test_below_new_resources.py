"""What lies below a resource that is new, or was deleted and created again, raises no event of its own."""

import pytest

from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict
from tests.support import open_account
from tests.support.open_account import BLOBS, TYPE
from tests.support.rig import ACCOUNT, Rig

DELETED = "Microsoft.Resources.ResourceDeleteSuccess"


def keeps_blobs(resource: Resource, estate: Estate) -> Verdict:
    service = estate.get(BLOBS)
    is_kept = service is not None and service.get("properties.kept") is True
    return Verdict(Outcome.PASS if is_kept else Outcome.FAIL, f"kept is {is_kept}")


@pytest.fixture
def watched(clinic: Rig) -> Rig:
    """Return a monitor with a control of the account's blob service, which is in order."""
    watches = {f"{TYPE}/blobservices": ("properties.kept",)}
    clinic.only(open_account.OPEN, open_account.toy("TOY-KEPT", keeps_blobs, **watches))
    clinic.arm.put(BLOBS, properties={"kept": True})
    return clinic


@pytest.fixture
def seen(watched: Rig) -> Rig:
    """Return that monitor once it has seen the account."""
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    return watched


def test_below_a_new_resource_a_replica_that_does_not_know_it_yet_fails_nothing_for_long(
    watched: Rig,
) -> None:
    del watched.arm.documents[BLOBS.lower()]
    watched.arm.lag(BLOBS, seconds=40)
    watched.arm.put(BLOBS, properties={"kept": True})
    watched.write(ACCOUNT)
    at_once = list(watched.splunk.changes)
    watched.later(minutes=3)

    assert at_once == ["TOY-KEPT opened"]
    assert watched.splunk.changes == ["TOY-KEPT opened", "TOY-KEPT resolved"]


def test_what_is_always_absent_below_a_resource_is_read_twice_only(watched: Rig) -> None:
    del watched.arm.documents[BLOBS.lower()]
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    watched.write(ACCOUNT)
    watched.later(minutes=5)

    assert watched.arm.reads[BLOBS.lower()] == 2


def test_below_a_resource_created_again_a_replica_does_not_show_the_earlier_one_for_long(
    seen: Rig,
) -> None:
    account, service = (seen.arm.documents.pop(each.lower()) for each in (ACCOUNT, BLOBS))
    seen.write(ACCOUNT, kind=DELETED)
    seen.clock.advance(seconds=20)
    seen.arm.documents |= {ACCOUNT.lower(): account, BLOBS.lower(): service}
    seen.arm.lag(BLOBS, seconds=30)
    seen.arm.set(BLOBS, kept=False)
    seen.write(ACCOUNT)
    at_once = list(seen.splunk.changes)
    seen.later(minutes=3)

    assert at_once == []
    assert seen.splunk.changes == ["TOY-KEPT opened"]


def test_what_was_known_below_a_deleted_resource_says_nothing_of_the_one_created_since(
    seen: Rig,
) -> None:
    deletion = seen.event(ACCOUNT, kind=DELETED)
    seen.clock.advance(seconds=2)
    seen.arm.set(BLOBS, kept=False)
    creation = seen.event(ACCOUNT)
    seen.deliver(deletion)
    seen.deliver(creation)

    assert seen.splunk.changes == ["TOY-KEPT opened"]
