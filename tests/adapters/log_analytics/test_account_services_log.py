"""The queries about files, queues and tables of an account, run on rows that match and that do not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.exposure.operations import OF_OTHER_SERVICES
from sandbox.world import Sandbox
from tests.support.azure_fakes import ACCOUNT, refusal_of

HOUR = timedelta(hours=1)
STRANGER = "203.0.113.9"
NAME = "doe-jane-1974"
TABLES = {"files": "StorageFileLogs", "queues": "StorageQueueLogs", "tables": "StorageTableLogs"}

every_service = pytest.mark.parametrize("service", OF_OTHER_SERVICES)


def use(log: LogAnalytics, service: str) -> list[dict[str, Any]]:
    content, listings = OF_OTHER_SERVICES[service]
    values = {"account": ACCOUNT.lower(), "content": content, "listings": listings}
    now = datetime.now(UTC)
    rows = log.access(f"storage_{service}_use", values, since=now - HOUR, until=now + HOUR)
    return [dict(each) for each in rows]


def add(sandbox: Sandbox, service: str, **values: Any) -> None:
    row = {
        "TimeGenerated": datetime.now(UTC),
        "OperationName": OF_OTHER_SERVICES[service][0][0],
        "StatusCode": "200",
        "ObjectKey": f"/records/{NAME}",
        "AuthenticationType": "AccountKey",
        "CallerIpAddress": f"{STRANGER}:51324",
        "CorrelationId": "one",
        "OperationCount": 0,
        "ResponseBodySize": 1000,
        "RequesterObjectId": "",
        "RequesterTenantId": "",
        "Protocol": "HTTPS",
        "_ResourceId": f"{ACCOUNT.lower()}/{service[:-1]}services/default",
    }
    sandbox.logs.add(TABLES[service], {**row, **values})


@every_service
def test_reads_and_listings_are_counted_by_caller_and_name_nothing(
    sandbox: Sandbox, log: LogAnalytics, service: str
) -> None:
    for number, operation in enumerate((*OF_OTHER_SERVICES[service][0], "PutSomething")):
        add(sandbox, service, OperationName=operation, CorrelationId=f"read {number}")
    listing = OF_OTHER_SERVICES[service][1][0]
    add(sandbox, service, OperationName=listing, CorrelationId="list")
    add(sandbox, service, OperationName=listing, CorrelationId="cut", StatusCode="500")
    add(sandbox, service, AuthenticationType="OAuth", RequesterObjectId="oid", CorrelationId="own")

    rows = {each["Proof"]: each for each in use(log, service)}

    assert set(rows) == {"accountkey", "oauth"}
    reads = len(OF_OTHER_SERVICES[service][0])
    stranger = rows["accountkey"]
    counted = [stranger[each] for each in ("Address", "Reads", "Listings", "Unclear", "Bytes")]
    assert counted == [STRANGER, reads, 1, 1, 1000 * reads]
    assert rows["oauth"]["Principal"] == "oid"
    assert NAME not in json.dumps(list(rows.values()), default=str)


@every_service
@pytest.mark.parametrize(
    "values",
    [
        {"_ResourceId": f"{ACCOUNT.lower()}2/fileservices/default"},
        {"OperationName": "PutSomething"},
        {"StatusCode": "404"},
        {"StatusCode": "403"},
        {"TimeGenerated": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=["another account", "a write", "absent", "refused", "earlier"],
)
def test_other_requests_are_no_use(
    sandbox: Sandbox, log: LogAnalytics, service: str, values: dict[str, Any]
) -> None:
    add(sandbox, service, **values)

    assert use(log, service) == []


@every_service
def test_a_row_that_arrived_twice_is_one_request(
    sandbox: Sandbox, log: LogAnalytics, service: str
) -> None:
    at = datetime.now(UTC)
    for _ in range(2):
        add(sandbox, service, TimeGenerated=at)

    [row] = use(log, service)
    assert (row["Reads"], row["Bytes"]) == (1, 1000)


@pytest.mark.parametrize(("status", "reads"), [("0", 1), ("5", 0)])
def test_a_read_by_smb_is_done_with_status_0(
    sandbox: Sandbox, log: LogAnalytics, status: str, reads: int
) -> None:
    add(
        sandbox,
        "files",
        OperationName="Read",
        Protocol="SMB",
        StatusCode=status,
        AuthenticationType="NTLMv2",
        CallerIpAddress=STRANGER,
    )

    assert [(each["Proof"], each["Reads"]) for each in use(log, "files")] == [
        ("ntlmv2", 1) for _ in range(reads)
    ]


@every_service
def test_a_table_that_is_not_there_is_a_refusal(
    sandbox: Sandbox, log: LogAnalytics, service: str
) -> None:
    sandbox.logs.lose(TABLES[service])

    assert refusal_of(lambda: use(log, service)).status == 400
