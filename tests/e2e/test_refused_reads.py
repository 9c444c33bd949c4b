"""Refused reads: they open and close nothing, and a Retry-After is respected."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cli.demonstration.received import findings, received_messages
from sandbox.arm.throttle import Bucket, Limits
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.e2e.clinic import EVERYWHERE, LAG, TIMING, Clinic, resolved

FIREWALL = "STORAGE-FIREWALL"
RETRYING = f"{TIMING}retry_seconds = [1, 1, 2]\n"
WATCHFUL = f"{RETRYING}blind_seconds = 2\nunknown_seconds = 4\n"
BLIND = "MONITOR-BLIND"
ONE_AT_A_TIME = {
    "AzureFunctionsJobHost__extensions__queues__batchSize": "1",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "0",
}


@pytest.fixture
def blind(own_clinic: Clinic) -> Iterator[Clinic]:
    """Return a clinic in which MONITOR-BLIND opens soon."""
    with own_clinic.served(WATCHFUL):
        own_clinic.subscribe()
        yield own_clinic


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_refused_account_closes_nothing_and_is_judged_once_it_answers(
    blind: Clinic, status: int
) -> None:
    clinic = blind
    account = clinic.account()
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, FIREWALL, *EVERYWHERE)
    clinic.azure.arm.refuse(f"{account}$", status=status)
    clinic.set(account, networkAcls={"defaultAction": "Deny"})
    clinic.wait(lambda: bool(clinic.health()["blind"]))
    while_refused = clinic.told(account)
    clinic.azure.clear()
    clinic.wait_until_told(account, FIREWALL, *resolved(*EVERYWHERE))

    assert while_refused == list(EVERYWHERE)


def test_being_blind_is_told_once_for_all_it_hides_and_ends(blind: Clinic) -> None:
    clinic = blind
    accounts = [clinic.account() for _ in range(3)]
    clinic.azure.arm.refuse("storageAccounts/", status=403)
    for each in accounts:
        clinic.touch(each)
    clinic.wait(lambda: bool(told_of_blindness(clinic)))
    clinic.wait(lambda: len(unknown(clinic)) > 0)
    clinic.quiet()
    degraded = clinic.health()
    clinic.azure.clear()
    clinic.wait(lambda: {"teams Resolved", "splunk Resolved"} <= set(told_of_blindness(clinic)))
    clinic.wait(lambda: clinic.health()["status"] == "ok")
    clinic.quiet()

    assert degraded["status"] == "degraded"
    assert degraded["unknown"] > 0
    assert [each.rpartition("/")[2] for each in degraded["blind"]] == ["microsoft.storage"]
    assert told_of_blindness(clinic).count("teams Drift") == 1
    assert told_of_blindness(clinic).count("splunk Drift") == 1
    after = clinic.health()
    assert (after["unknown"], after["undelivered"], after["blind"]) == (0, 0, [])
    assert len(set(unknown(clinic))) == len(unknown(clinic))
    assert all(set(clinic.told(each, "STORAGE-")) == {"splunk Update"} for each in accounts)


def test_every_read_respects_a_retry_after(own_clinic: Clinic) -> None:
    clinic = own_clinic
    accounts = [clinic.account() for _ in range(3)]
    with clinic.served(RETRYING, **ONE_AT_A_TIME):
        clinic.subscribe()
        storage = "storageAccounts/[^/]+$"
        clinic.azure.arm.refuse(storage, status=429, times=1, retry_after=3)
        for each in accounts:
            clinic.set(each, networkAcls={"defaultAction": "Allow"})
        for each in accounts:
            clinic.wait_until_told(each, FIREWALL, *EVERYWHERE)
    refused, *later = [
        each for each in clinic.azure.arm.requests if "/Microsoft.Storage/" in each.path
    ]

    assert refused.status == 429
    assert [
        each for each in later if each.request.at < refused.request.at + timedelta(seconds=3)
    ] == []


def test_a_burst_beyond_what_arm_allows_is_judged_whole_in_the_end(tmp_path: Path) -> None:
    few = Limits(reads=Bucket(12, 10))
    with Sandbox(lag=LAG, behaviour=PROMPT, limits=few) as azure:
        clinic = Clinic(azure, tmp_path)
        with clinic.served(RETRYING):
            clinic.subscribe()
            accounts = [clinic.account() for _ in range(3)]
            for each in accounts:
                clinic.set(each, networkAcls={"defaultAction": "Allow"})
            for each in accounts:
                clinic.wait_until_told(each, FIREWALL, *EVERYWHERE)
            # Where the retries used up the monitor's own share of reads, each account waits up to a minute.
            clinic.wait(lambda: clinic.health()["unknown"] == 0, seconds=180)
            clinic.quiet()

            assert azure.arm.count(status=429) > 0
            assert [clinic.told(each) for each in accounts] == [list(EVERYWHERE)] * len(accounts)
            assert clinic.health()["status"] == "ok"


def told_of_blindness(clinic: Clinic) -> list[str]:
    """Return what was sent about MONITOR-BLIND, in order."""
    return [
        f"{each.channel} {each.verb}"
        for each in received_messages(clinic.azure)
        if BLIND in each.text
    ]


def unknown(clinic: Clinic) -> list[str]:
    """Return the findings that the SIEM got as unknown."""
    return [
        each["finding_info"]["uid"]
        for each in findings(clinic.azure)
        if each["compliance"]["status"] == "Unknown"
    ]
