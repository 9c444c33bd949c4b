"""Who can have made a change: most likely at first, proven after settling, both named where unclear."""

from typing import Any

import pytest

from drift.estate import Estate
from drift.model import Evidence, Outcome, Resource, Verdict
from drift.notices import Notice, Standing
from drift.ports import Activity, ActivityAnswer
from drift.state.incident_record import Incident, load_incident
from tests.support import open_account
from tests.support.open_account import CONTAINER, SETTINGS, broken, mended
from tests.support.rig import ACCOUNT, Log, Rig

OPENED = "TOY-OPEN opened"
UPDATED = "TOY-OPEN updated"
ACTION = "Microsoft.Resources.ResourceActionSuccess"
POLICY = "Microsoft.PolicyInsights.PolicyStateChanged"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
FAILED = "Microsoft.Resources.ResourceWriteFailure"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def by(name: str) -> dict[str, str]:
    return {UPN: f"{name}@clinic.example", OID: f"oid-{name}"}


def last(rig: Rig) -> Notice:
    notice, _ = rig.teams.told[-1]
    return notice


def names(notice: Notice) -> list[str]:
    found = (notice.changed_by, *notice.others)
    return [each.name.partition("@")[0] for each in found if each]


def stored(rig: Rig) -> Incident:
    incident = load_incident(rig.store, ACCOUNT, "TOY-OPEN", 1)
    assert incident is not None
    return incident


def listed(rig: Rig, name: str, action: str = "listKeys") -> dict[str, Any]:
    operation = f"Microsoft.Storage/storageAccounts/{action}/action"
    return rig.event(ACCOUNT, kind=ACTION, claims=by(name), operationName=operation)


def test_a_cause_is_most_likely_at_first_and_proven_after_settling(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    first = last(known)
    known.later(seconds=70)

    assert (first.standing, first.is_cause, names(first)) == (Standing.LIKELY, False, ["dana"])
    assert known.teams.changes == [OPENED]
    assert stored(known).is_cause


def test_the_next_message_shows_that_the_cause_is_proven(known: Rig) -> None:
    other = Activity(known.clock.now, "microsoft.compute/disks/write", "/x", succeeded=True)
    known.change(activity_log=Log(ActivityAnswer(True, (other,), 1)))
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=15)

    assert known.teams.changes == [OPENED, UPDATED]
    assert (last(known).standing, last(known).is_cause) == (Standing.PROVEN, True)


def test_an_event_that_was_read_late_is_proven_too(known: Rig) -> None:
    broken(known)
    event = known.event(ACCOUNT, claims=by("dana"))
    known.clock.advance(seconds=12)
    known.deliver(event)
    known.later(seconds=80)

    assert stored(known).is_cause


@pytest.mark.parametrize(
    "action",
    ["listKeys", "ListAccountSas", "generateSas", "regenerateKey", "checkNameAvailability"],
)
def test_who_only_read_in_the_same_second_is_not_named_and_spoils_no_proof(
    known: Rig, action: str
) -> None:
    broken(known)
    reading = listed(known, "lister", action)
    known.write(ACCOUNT, claims=by("dana"))
    known.deliver(reading)
    known.later(seconds=70)

    assert names(known.teams.told[0][0]) == ["dana"]
    assert known.teams.changes == [OPENED]
    assert stored(known).is_cause


def test_who_changed_only_a_key_is_not_named_where_nobody_else_is_known(known: Rig) -> None:
    broken(known)
    known.deliver(listed(known, "lister", "regenerateKey"))
    known.later(minutes=5)

    assert [names(notice) for notice, _ in known.teams.told] == [[]]


@pytest.mark.parametrize("effect", ["audit", "auditIfNotExists", "deny"])
def test_a_record_of_the_policy_engine_is_no_cause(known: Rig, effect: str) -> None:
    broken(known)
    operation = f"Microsoft.Authorization/policies/{effect}/action"
    known.write(ACCOUNT, kind=ACTION, claims=by("audited"), operationName=operation)
    known.write(ACCOUNT, kind=POLICY, claims={})

    assert names(last(known)) == []


def test_a_policy_state_without_an_actor_spoils_no_proof(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.write(ACCOUNT, kind=POLICY, claims={})
    known.later(seconds=70)

    assert stored(known).is_cause


@pytest.mark.parametrize("kind", ["CreatedOrUpdated", "Deleted"])
def test_a_notification_about_the_resource_spoils_no_proof(known: Rig, kind: str) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.write(ACCOUNT, kind=f"Microsoft.ResourceNotifications.Resources.{kind}", claims=None)
    known.later(seconds=80)

    assert stored(known).is_cause


def test_who_mended_is_not_named_for_the_old_failure_that_a_replica_shows_again(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=5)
    stale = known.arm.body(ACCOUNT)
    mended(known)
    known.write(ACCOUNT, claims=by("mender"))
    known.clock.advance(seconds=5)
    known.arm.answer_once(ACCOUNT, stale)
    known.write(ACCOUNT, claims={})
    reopened = last(known)
    known.later(minutes=5)

    assert (reopened.change, names(reopened)) == ("opened", [])
    assert known.teams.changes[-1] == "TOY-OPEN resolved"


def test_a_write_by_nobody_known_leaves_a_doubt(known: Rig) -> None:
    broken(known)
    known.deliver(known.event(ACCOUNT, claims={}))
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=5)

    assert not stored(known).is_cause


def test_an_event_that_a_later_one_overtook_is_named_beside_it(known: Rig) -> None:
    broken(known)
    first = known.event(ACCOUNT, claims=by("dana"))
    known.clock.advance(seconds=2)
    known.write(ACCOUNT, claims=by("toucher"))
    accused = last(known)
    known.clock.advance(seconds=20)
    known.deliver(first)
    known.later(minutes=2)

    assert (accused.standing, names(accused)) == (Standing.LIKELY, ["toucher"])
    assert known.teams.changes == [OPENED, UPDATED]
    assert (last(known).standing, names(last(known))) == (Standing.SEVERAL, ["toucher", "dana"])
    [line] = last(known).news
    assert line.startswith("Changed by one of these: toucher@clinic.example, dana@clinic.example.")
    assert line.endswith("Named before: toucher@clinic.example.")
    assert not stored(known).is_cause


def test_an_event_that_comes_after_the_proof_takes_it_back(known: Rig) -> None:
    broken(known)
    first = known.event(ACCOUNT, claims=by("dana"))
    known.clock.advance(seconds=2)
    known.write(ACCOUNT, claims=by("toucher"))
    known.later(minutes=10)
    proven = stored(known).is_cause
    known.deliver(first)
    known.later(minutes=2)

    assert proven
    assert (last(known).standing, names(last(known))) == (Standing.SEVERAL, ["toucher", "dana"])
    assert known.teams.changes == [OPENED, UPDATED]


def test_who_wrote_after_the_failing_answer_is_not_named(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.clock.advance(seconds=5)
    known.write(ACCOUNT, claims=by("toucher"))
    known.later(minutes=2)

    assert {name for notice, _ in known.teams.told for name in names(notice)} == {"dana"}
    assert stored(known).is_cause


def test_one_who_writes_only_tags_is_not_named(known: Rig) -> None:
    broken(known)
    known.write(f"{ACCOUNT}/providers/Microsoft.Resources/tags/default", claims=by("tagger"))
    known.later(minutes=2)

    assert [names(notice) for notice, _ in known.teams.told] == [[]]


@pytest.mark.parametrize(
    "other",
    [f"{open_account.CONTAINERS}/scans", f"{SETTINGS}/d", f"{ACCOUNT}/encryptionScopes/one"],
)
def test_one_who_writes_another_document_is_not_named(known: Rig, other: str) -> None:
    broken(known)
    known.write(other, claims=by("somebody"))
    known.later(minutes=2)

    assert {name for notice, _ in known.teams.told for name in names(notice)} == set()


def test_who_wrote_a_container_is_named_for_it_and_who_wrote_the_account_is_not(known: Rig) -> None:
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=3)
    scans = open_account.container(known, "scans", "Container")
    known.deliver(known.event(ACCOUNT, claims=by("toucher")))
    known.write(scans, claims=by("carl"))
    known.later(minutes=2)

    assert names(last(known)) == ["carl"]


def test_a_failed_write_gives_way_to_one_that_succeeded(known: Rig) -> None:
    broken(known)
    right = known.event(ACCOUNT, claims=by("dana"))
    known.write(ACCOUNT, kind=FAILED, claims=by("sam"))
    failed = last(known)
    known.later(minutes=2)
    alone = stored(known).is_cause
    known.deliver(right)

    assert (failed.standing, names(failed)) == (Standing.LIKELY, ["sam"])
    assert not alone
    assert names(last(known)) == ["dana"]
    assert "Named before: sam@clinic.example." in last(known).news[0]


def test_more_events_than_are_kept_leave_a_doubt(known: Rig) -> None:
    known.arm.lag(ACCOUNT, seconds=50)
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    for _ in range(25):
        known.clock.advance(seconds=1)
        known.write(ACCOUNT, claims=by("busy"))
    known.later(minutes=5)

    assert names(known.teams.told[0][0]) == ["busy"]
    assert not stored(known).is_cause


def test_the_one_who_mends_is_not_called_the_cause(known: Rig) -> None:
    broken(known)
    first = known.event(ACCOUNT, claims=by("dana"))
    known.arm.lag(ACCOUNT, seconds=30)
    known.clock.advance(seconds=1)
    mended(known)
    known.write(ACCOUNT, claims=by("mender"))
    known.deliver(first)
    known.later(minutes=5)
    told = [notice for notice, _ in known.teams.told]

    assert told
    assert not any(notice.is_cause for notice in told)
    assert names(told[-1])[0] == "mender"


def test_a_fix_names_all_who_can_have_made_it(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=5)
    known.arm.lag(ACCOUNT, seconds=30)
    mended(known)
    overtaken = known.event(ACCOUNT, claims=by("mender"))
    known.write(ACCOUNT, claims=by("toucher"))
    known.deliver(overtaken)
    known.later(minutes=3)

    assert last(known).change == "resolved"
    assert set(names(last(known))) == {"mender", "toucher"}
    assert last(known).standing is Standing.SEVERAL


def test_a_further_change_has_its_own_author_and_the_opening_keeps_its_proof(known: Rig) -> None:
    known.only(open_account.toy("TOY-OPEN", _noted))
    known.arm.set(ACCOUNT, open=True)
    known.write(ACCOUNT, claims=by("dana"))
    known.later(minutes=3)
    known.arm.set(ACCOUNT, open="wide")
    known.write(ACCOUNT, claims=by("sam"))

    assert (last(known).standing, names(last(known))) == (Standing.LIKELY, ["sam"])
    assert "The opening: Changed by dana@clinic.example." in last(known).news


def _noted(resource: Resource, azure: Estate) -> Verdict:
    """Fail while the account is open in any way, and show how."""
    value = resource.get("properties.open")
    found = (Evidence("properties.open", value, "false"),)
    return Verdict(Outcome.FAIL if value else Outcome.PASS, f"open is {value}", found)


def test_who_deleted_the_resource_before_is_not_named_for_a_failure_of_the_one_made_since(
    known: Rig,
) -> None:
    """The event of the deletion is late: somebody else has created the resource again, and opened it."""
    deletion = known.event(ACCOUNT, kind=DELETED, claims=by("dana"))
    known.clock.advance(seconds=1)
    known.write(ACCOUNT, claims=by("sam"))
    known.clock.advance(seconds=30)
    broken(known)
    known.write(ACCOUNT, claims=by("sam"))
    known.deliver(deletion)

    assert names(last(known)) == ["sam"]
