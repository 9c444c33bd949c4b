"""Deleted resources are reported as closed, never as fixed."""

from cli.demonstration.received import findings
from tests.e2e.clinic import EVERYWHERE, Clinic

FIREWALL = "STORAGE-FIREWALL"
CLOSED = (
    *("teams Drift", "teams Closed", "pagerduty Drift", "pagerduty Resolved"),
    *("splunk Drift", "splunk Resolved"),
)


def test_a_deleted_account_closes_its_incident_and_is_no_pass(clinic: Clinic) -> None:
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.azure.delete(account)
    clinic.wait_until_told(account, FIREWALL, *CLOSED)
    ended = [each for each in findings(clinic.azure) if each["activity_id"] == 3]
    mine = [each for each in ended if each["resources"][0]["uid"].lower() == account.lower()]

    assert [each["compliance"]["status"] for each in mine] == ["Unknown"]
    assert all(
        "deleted" in each.text
        for each in clinic.received_messages(account)
        if each.verb == "Closed"
    )


def test_a_deleted_group_closes_what_was_open_in_it(clinic: Clinic) -> None:
    accounts = [clinic.plain_account("closing") for _ in range(2)]
    opened = ("teams Drift", "splunk Drift")
    for each in accounts:
        clinic.set(each, networkAcls={"defaultAction": "Allow"})
    for each in accounts:
        clinic.wait_until_told(each, FIREWALL, *opened)
    clinic.azure.delete(accounts[0].partition("/providers/")[0])
    told = ("teams Drift", "teams Closed", "splunk Drift", "splunk Resolved")
    for each in accounts:
        clinic.wait_until_told(each, FIREWALL, *told)
    clinic.quiet()

    assert clinic.rows("blind") == []


def test_an_account_deleted_without_an_event_stays_open_until_the_deletion_is_certain(
    clinic: Clinic,
) -> None:
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    reads = clinic.reads(account)
    clinic.azure.arm.refuse(f"{account}$", status=404, code="ResourceNotFound")
    clinic.azure.events.policy_state(account)
    clinic.wait(lambda: clinic.reads(account) >= reads + 2)
    clinic.quiet()

    assert clinic.told(account) == list(EVERYWHERE)
