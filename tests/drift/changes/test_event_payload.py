"""Payload events: failures are reported without a read, and no incident closes."""

import json
from datetime import timedelta
from typing import Any

import pytest

from detectors.storage import firewall, public_access, recovery, tls
from drift import ids
from drift.intake.event_grid import parse_delivery
from drift.model import Severity
from drift.queues.outbound import Outbound
from tests.support import open_account
from tests.support.open_account import OPEN
from tests.support.rig import ACCOUNT, GROUP, Rig

READ = ids.key(ACCOUNT)
CREATED = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated"
RULES: dict[str, Any] = {
    "defaultAction": "Deny",
    "bypass": "AzureServices",
    **{key: [] for key in ("ipRules", "ipv6Rules", "virtualNetworkRules", "resourceAccessRules")},
}
CLOSED = {"publicNetworkAccess": "Enabled", "networkAcls": RULES}
OPENED = {"publicNetworkAccess": "Enabled", "networkAcls": {**RULES, "defaultAction": "Allow"}}


def shown(rig: Rig, properties: dict[str, Any], **info: Any) -> dict[str, Any]:
    """Return a payload event that shows the account now."""
    body = {"id": ACCOUNT, "name": "records", "type": "Microsoft.Storage/storageAccounts"}
    return rig.event(
        ACCOUNT,
        kind=CREATED,
        claims=None,
        apiVersion="2019-06-01",
        resourceInfo={**body, "tags": {}, "properties": properties, **info},
        operationalInfo={"resourceEventTime": rig.clock.now.isoformat()},
    )


@pytest.fixture
def account(clinic: Rig) -> Rig:
    """Return a monitor of firewalls, with an account in order that it has seen."""
    clinic.only(firewall)
    clinic.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=CLOSED)
    clinic.write(ACCOUNT)
    clinic.later(minutes=5)
    clinic.arm.reads.clear()
    return clinic


def test_it_opens_an_incident_while_arm_refuses_every_read(account: Rig) -> None:
    account.arm.refused[READ] = 403
    account.deliver(shown(account, OPENED))
    [(notice, _)] = account.splunk.told

    assert (notice.control_id, notice.change) == ("STORAGE-FIREWALL", "opened")
    assert notice.read_at == account.clock.now
    assert [each.path for each in notice.differences] == ["properties.networkAcls.defaultAction"]


def test_what_it_opened_is_not_told_again_by_the_read_that_follows(account: Rig) -> None:
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=OPENED)
    account.deliver(shown(account, OPENED))
    account.later(minutes=10)

    assert account.splunk.changes == ["STORAGE-FIREWALL opened"]
    assert account.arm.reads[READ] == 2  # at once, and to confirm


def test_the_actor_is_reported_after_another_event_names_it(account: Rig) -> None:
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=OPENED)
    event = shown(account, OPENED)
    account.deliver(event)
    account.clock.advance(seconds=2)
    account.write(ACCOUNT)
    notice, _ = account.splunk.told[-1]

    assert account.splunk.changes == ["STORAGE-FIREWALL opened", "STORAGE-FIREWALL updated"]
    assert notice.changed_by is not None


def test_a_payload_event_closes_no_incident(account: Rig) -> None:
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=OPENED)
    account.write(ACCOUNT)
    account.later(minutes=5)
    account.arm.refused[READ] = 503
    account.deliver(shown(account, CLOSED))
    refused = list(account.splunk.changes)
    account.arm.refused.clear()
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=CLOSED)
    account.later(minutes=5)

    assert refused == ["STORAGE-FIREWALL opened"]
    assert account.splunk.changes == ["STORAGE-FIREWALL opened", "STORAGE-FIREWALL resolved"]


def test_where_nothing_is_wrong_and_nothing_was_there_is_nothing_to_read(account: Rig) -> None:
    account.clock.advance(minutes=1)
    account.deliver(shown(account, CLOSED))
    account.later(minutes=5)

    assert account.arm.reads[READ] == 0


def test_the_kind_that_no_event_shows_is_as_arm_last_showed_it(account: Rig) -> None:
    account.only(public_access)
    closed = {**CLOSED, "allowBlobPublicAccess": False}
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=closed)
    account.write(ACCOUNT)
    account.later(minutes=20)
    account.arm.reads.clear()
    account.deliver(shown(account, closed))

    assert account.arm.reads == {}

    account.arm.refused[READ] = 403
    account.deliver(shown(account, {**closed, "allowBlobPublicAccess": True}))

    assert account.splunk.changes == ["STORAGE-PUBLIC-ACCESS opened"]


@pytest.mark.parametrize("lacking", ["publicNetworkAccess", "networkAcls"])
def test_what_it_does_not_show_is_read_and_not_taken_for_absent(account: Rig, lacking: str) -> None:
    account.deliver(shown(account, {k: v for k, v in CLOSED.items() if k != lacking}))

    assert account.arm.reads[READ] == 1
    assert account.splunk.told == []


def test_a_property_of_a_later_day_that_is_lacking_fails_nothing(clinic: Rig) -> None:
    """Absent, the minimum version would be TLS 1.0."""
    clinic.only(tls)
    clinic.arm.refused[READ] = 403
    clinic.deliver(shown(clinic, {"supportsHttpsTrafficOnly": 1}))

    assert clinic.splunk.told == []


def test_booleans_may_be_numbers(clinic: Rig) -> None:
    clinic.only(public_access)
    clinic.arm.put(ACCOUNT, kind="StorageV2", properties={"allowBlobPublicAccess": True})
    properties = {"allowBlobPublicAccess": 1}
    clinic.deliver(shown(clinic, properties, kind="StorageV2"))
    clinic.later(minutes=3)

    assert clinic.splunk.changes == ["STORAGE-PUBLIC-ACCESS opened"]


def test_one_that_a_later_read_has_proved_says_nothing(account: Rig) -> None:
    old = shown(account, OPENED)
    account.clock.advance(seconds=61)
    account.write(ACCOUNT)
    account.deliver(old)

    assert account.splunk.told == []


def test_one_older_than_the_proven_end_of_the_resource_says_nothing(account: Rig) -> None:
    late = shown(account, OPENED)
    account.clock.advance(seconds=5)
    del account.arm.documents[READ]
    account.write(ACCOUNT)
    account.later(minutes=3)
    account.deliver(late)
    account.later(minutes=3)

    assert account.splunk.told == []


def test_one_that_comes_again_after_the_end_of_the_resource_opens_nothing(account: Rig) -> None:
    """The process died after the event was noted, so that its message came back."""
    again = shown(account, OPENED)
    account.deliver(again)
    account.clock.advance(seconds=5)
    del account.arm.documents[READ]
    account.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    account.deliver(again)

    assert [notice.change for notice, _ in account.splunk.told] == ["opened", "closed"]


def test_a_failing_one_after_a_stale_pass_is_told(account: Rig) -> None:
    """The read came 4 s after the write, from a replica that was behind it."""
    event = shown(account, OPENED)
    stale = account.arm.body(ACCOUNT)
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=OPENED)
    account.clock.advance(seconds=4)
    account.arm.answer_once(ACCOUNT, stale)
    account.write(ACCOUNT)

    assert account.splunk.told == []

    account.deliver(event)

    assert account.splunk.changes == ["STORAGE-FIREWALL opened"]


def test_a_stale_answer_of_the_same_second_ends_nothing(account: Rig) -> None:
    """A Date has whole seconds, so that the answer seems to be older than the event."""
    account.arm.lag(ACCOUNT, seconds=20)
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=OPENED)
    account.clock.advance(seconds=0.7)
    event = shown(account, OPENED)
    account.clock.now -= timedelta(seconds=0.7)
    account.deliver(event)
    account.later(minutes=5)

    assert account.splunk.changes == ["STORAGE-FIREWALL opened"]


def test_compliance_while_a_confirmation_waits_asks_for_no_read(account: Rig) -> None:
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=OPENED)
    account.write(ACCOUNT)
    account.arm.reads.clear()
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=CLOSED)
    account.clock.advance(seconds=10)
    account.deliver(shown(account, CLOSED))

    assert account.arm.reads[READ] == 0

    account.later(minutes=3)

    assert account.splunk.changes == ["STORAGE-FIREWALL opened", "STORAGE-FIREWALL resolved"]


def test_one_that_says_no_time_is_judged_as_of_now(account: Rig) -> None:
    event = shown(account, OPENED)
    event["data"]["operationalInfo"] = None
    account.arm.refused[READ] = 403
    account.deliver(event)

    assert account.splunk.changes == ["STORAGE-FIREWALL opened"]


@pytest.mark.parametrize(
    ("tags", "severity"), [({}, Severity.MEDIUM), (open_account.PHI, Severity.CRITICAL)]
)
def test_the_tags_of_a_payload_and_of_its_group_decide_the_severity(
    account: Rig, tags: dict[str, str], severity: Severity
) -> None:
    account.arm.refused[READ] = 403
    account.arm.put(GROUP, tags=tags)
    account.later(minutes=20)
    account.deliver(shown(account, OPENED))
    [notice] = [each for each, _ in account.splunk.told if each.change == "opened"]

    assert notice.severity is severity


def test_tags_may_be_json_text(account: Rig) -> None:
    account.arm.refused[READ] = 403
    account.deliver(shown(account, OPENED, tags=json.dumps(open_account.PHI)))
    [(notice, _)] = account.splunk.told

    assert (notice.phi, notice.severity) == (True, Severity.CRITICAL)


def test_a_message_that_came_twice_is_told_once(account: Rig) -> None:
    account.arm.refused[READ] = 403
    [message] = account.monitor.intake(json.dumps(shown(account, OPENED)))
    account.run(Outbound(changes=(message, message)))
    account.later(minutes=3)

    assert [each for each in account.splunk.changes if "FIREWALL" in each] == [
        "STORAGE-FIREWALL opened"
    ]


def test_what_a_control_needs_besides_is_read(clinic: Rig) -> None:
    """No payload of an account shows how long its blobs are kept."""
    clinic.only(recovery)
    clinic.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties={})
    clinic.deliver(shown(clinic, {}, kind="StorageV2"))

    assert clinic.arm.reads[READ] == 1
    assert clinic.splunk.changes == ["STORAGE-RECOVERY opened"]


def test_of_a_large_one_only_the_id_travels(account: Rig) -> None:
    large = {**OPENED, "padding": "x" * 40_000}
    [message] = account.monitor.intake(json.dumps(shown(account, large)))
    [event] = parse_delivery(
        json.dumps(shown(account, large)), account.services.watched, account.clock()
    )

    assert len(message.encode()) < 2_000
    assert getattr(event, "payload", "none at all") is None


def test_a_payload_stays_with_its_own_resource(account: Rig) -> None:
    """A child's payload shows the child, and is no state of the account."""
    child = shown(account, OPENED)
    child["subject"] = f"{ACCOUNT}/blobServices/default"
    account.deliver(child)

    assert account.arm.reads[READ] == 1
    assert account.splunk.told == []


def test_it_does_not_hide_what_is_wrong_now(account: Rig) -> None:
    """The account passed when it was written; before that event came, it was opened, with its own event."""
    event = shown(account, CLOSED)
    account.clock.advance(seconds=20)
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties=OPENED)
    account.write(ACCOUNT)
    account.deliver(event)
    account.later(minutes=3)

    assert account.splunk.changes == ["STORAGE-FIREWALL opened"]


def test_an_open_incident_stays_as_arm_showed_it(account: Rig) -> None:
    account.only(OPEN)
    account.arm.put(ACCOUNT, kind="StorageV2", tags={}, properties={"open": True})
    account.write(ACCOUNT)
    account.later(minutes=5)
    account.arm.refused[READ] = 403
    account.clock.now += timedelta(minutes=1)
    account.deliver(shown(account, {"open": 1}))
    account.later(minutes=1)

    assert account.splunk.changes == ["TOY-OPEN opened"]


def test_what_it_shows_to_be_worse_is_told_while_arm_refuses_every_read(clinic: Rig) -> None:
    clinic.only(firewall)
    tags = {"dataClassification": "phi"}
    one = [{"value": "8.8.8.8", "action": "Allow"}]
    narrow = {**CLOSED, "networkAcls": {**RULES, "ipRules": one}}
    clinic.arm.put(ACCOUNT, kind="StorageV2", tags=tags, properties=narrow)
    clinic.write(ACCOUNT)
    clinic.later(minutes=5)
    clinic.arm.refused[READ] = 403
    clinic.deliver(shown(clinic, OPENED, tags=tags))
    clinic.deliver(shown(clinic, narrow, tags=tags))
    told = [(each.change, each.severity) for each, _ in clinic.teams.told]
    clinic.arm.refused.clear()
    clinic.arm.put(ACCOUNT, kind="StorageV2", tags=tags, properties=OPENED)
    clinic.later(minutes=30)

    assert told == [("opened", Severity.HIGH), ("updated", Severity.CRITICAL)]
    assert clinic.pagerduty.changes == ["STORAGE-FIREWALL updated"]
