"""People who cannot have made a change are not named for it."""

from typing import Any

import pytest

from tests.drift.incidents.causes import OPENED, by, last, names, stored
from tests.support import open_account
from tests.support.open_account import SETTINGS, broken, mended
from tests.support.rig import ACCOUNT, Rig

ACTION = "Microsoft.Resources.ResourceActionSuccess"
POLICY = "Microsoft.PolicyInsights.PolicyStateChanged"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"


def listed(rig: Rig, name: str, action: str = "listKeys") -> dict[str, Any]:
    operation = f"Microsoft.Storage/storageAccounts/{action}/action"
    return rig.event(ACCOUNT, kind=ACTION, claims=by(name), operationName=operation)


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


@pytest.mark.parametrize("action", ["listKeys", "generateSas"])
def test_who_only_read_is_never_named_though_that_event_has_the_change_found(
    known: Rig, action: str
) -> None:
    """Both happen in the same second, and the event of the one who read comes first."""
    broken(known)
    reading = listed(known, "lister", action)
    writing = known.event(ACCOUNT, claims=by("dana"))
    known.deliver(reading)
    known.deliver(writing)
    known.later(minutes=60)

    assert {name for notice, _ in known.teams.told for name in names(notice)} == {"dana"}
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
