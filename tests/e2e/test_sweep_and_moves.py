"""Sweeps and moves over the production adapters."""

from collections import Counter

from cli.demonstration.received import findings
from sandbox.clinic.estate import DATA, OPERATIONS
from tests.e2e.clinic import EVERYWHERE, Clinic

FIREWALL = "STORAGE-FIREWALL"


def test_a_first_sweep_finds_what_was_open_and_tells_machines_and_the_pager(
    own_clinic: Clinic,
) -> None:
    account = own_clinic.account(networkAcls={"defaultAction": "Allow", "bypass": "AzureServices"})
    with own_clinic.served():
        own_clinic.sweep()
        own_clinic.wait_until_told(account, FIREWALL, "pagerduty Drift", "splunk Drift")
        own_clinic.quiet()
    [found] = findings(own_clinic.azure)

    assert found["unmapped"]["found"] == "first contact"
    assert own_clinic.azure.arm.count("/providers/Microsoft.ResourceGraph", method="POST") > 0


def test_an_open_account_that_is_moved_is_told_of_there_and_closes_here(clinic: Clinic) -> None:
    account = clinic.account()
    name = account.rpartition("/")[2]
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.azure.move(account, target=OPERATIONS)
    # Two findings, each told in its order: which of the two a channel hears first is open.
    told = Counter({**dict.fromkeys(EVERYWHERE, 2), "teams Closed": 1})
    told.update(["pagerduty Resolved", "splunk Resolved"])
    clinic.wait(lambda: Counter(clinic.told(name, FIREWALL)) == told)
    ids = [
        each["resources"][0]["uid"]
        for each in findings(clinic.azure)
        if each["resources"][0]["name"] == name and FIREWALL in str(each)
    ]

    assert Counter(each.rpartition("/providers/")[0].lower() for each in ids) == {
        DATA.lower(): 2,
        OPERATIONS.lower(): 1,
    }
