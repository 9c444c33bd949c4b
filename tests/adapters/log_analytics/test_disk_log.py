"""The queries about links to disks, run on rows that match and that do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.access.ports import QueryValue
from sandbox.world import Sandbox
from tests.support.rig import GROUP, SUBSCRIPTION

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data".lower()
STRANGER = "203.0.113.9"
CLAIMS = {"http://schemas.microsoft.com/identity/claims/objectidentifier": "person"}


def found(log: LogAnalytics, query: str, **values: QueryValue) -> list[dict[str, Any]]:
    return [dict(each) for each in log.access(query, values, since=NOW - HOUR, until=NOW)]


def add(sandbox: Sandbox, **values: Any) -> None:
    row = {
        "TimeGenerated": NOW - HOUR / 2,
        "OperationNameValue": "MICROSOFT.COMPUTE/DISKS/BEGINGETACCESS/ACTION",
        "ActivityStatusValue": "Success",
        "CorrelationId": "one",
        "CallerIpAddress": STRANGER,
        "Claims_d": CLAIMS,
        "SubscriptionId": SUBSCRIPTION,
        "_ResourceId": DISK,
    }
    sandbox.logs.add("AzureActivity", {**row, **values})


def test_links_are_counted_by_who_asked_each_request_once(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add(sandbox)
    add(sandbox)
    add(sandbox, CorrelationId="two")
    add(sandbox, CorrelationId="three", ActivityStatusValue="Start")

    [row] = found(log, "disk_exports", disk=DISK)

    assert (row["Links"], row["Address"], row["Principal"]) == (2, STRANGER, "person")


@pytest.mark.parametrize(
    "values",
    [
        {"ActivityStatusValue": "Failure"},
        {"OperationNameValue": "MICROSOFT.COMPUTE/DISKS/ENDGETACCESS/ACTION"},
        {"_ResourceId": f"{DISK}2"},
        {"TimeGenerated": NOW - 2 * HOUR},
    ],
    ids=["failed", "ended", "another disk", "earlier"],
)
def test_other_rows_are_no_link(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add(sandbox, **values)

    assert found(log, "disk_exports", disk=DISK) == []


def test_rows_of_the_subscription_show_how_far_the_log_has_come(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add(sandbox, OperationNameValue="MICROSOFT.COMPUTE/DISKS/WRITE")
    add(sandbox, SubscriptionId="another", TimeGenerated=NOW)

    [row] = found(log, "activity_coverage", subscription=SUBSCRIPTION, around=HOUR)

    at = NOW - HOUR / 2
    assert row == {"Rows": 1, "First": at, "Last": at, "Newest": at}
