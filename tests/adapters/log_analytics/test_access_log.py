"""The queries about access, run on sample rows that match and that do not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.access.ports import QueryValue
from drift.exposure.operations import CONTENT, LISTINGS
from sandbox.world import Sandbox
from tests.support.azure_fakes import ACCOUNT, refusal_of

HOUR = timedelta(hours=1)
STRANGER = "203.0.113.9"
NAMES = ("doe-jane-1974.pdf", "roe-richard-1951.pdf")
ABOUT: dict[str, QueryValue] = {"account": ACCOUNT.lower()}


def found(log: LogAnalytics, query: str, **values: QueryValue) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    rows = log.access(query, {**ABOUT, **values}, since=now - HOUR, until=now + HOUR)
    return [dict(each) for each in rows]


def use(log: LogAnalytics) -> list[dict[str, Any]]:
    return found(log, "storage_use", content=CONTENT, listings=LISTINGS)


class Requests:
    """Adds requests to the access log, each with a correlation id of its own unless it is given."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._made = 0

    def add(self, **values: Any) -> None:
        self._made += 1
        row = {
            "TimeGenerated": datetime.now(UTC),
            "OperationName": "GetBlob",
            "StatusCode": "200",
            "ObjectKey": f"/records/scans/{NAMES[0]}",
            "AuthenticationType": "Anonymous",
            "CallerIpAddress": f"{STRANGER}:51324",
            "CorrelationId": f"request-{self._made}",
            "OperationCount": 0,
            "ResponseBodySize": 1000,
            "RequesterObjectId": "",
            "RequesterTenantId": "",
            "_ResourceId": f"{ACCOUNT.lower()}/blobservices/default",
        }
        self._sandbox.logs.add("StorageBlobLogs", {**row, **values})


@pytest.fixture
def requests(sandbox: Sandbox) -> Requests:
    return Requests(sandbox)


def test_reads_are_counted_by_caller_and_by_how_the_caller_proved_itself(
    requests: Requests, log: LogAnalytics
) -> None:
    requests.add()
    requests.add(ObjectKey=f"/records/scans/{NAMES[1]}")
    requests.add(OperationName="ListBlobs", ObjectKey="/records/scans")
    requests.add(AuthenticationType="SAS Key", CallerIpAddress="[2001:db8::9]:443")
    requests.add(AuthenticationType="OAuth", CallerIpAddress="10.0.0.4", RequesterObjectId="oid")

    rows = {(each["Proof"], each["Address"]): each for each in use(log)}

    assert set(rows) == {("anonymous", STRANGER), ("saskey", "2001:db8::9"), ("oauth", "10.0.0.4")}
    stranger = rows["anonymous", STRANGER]
    assert (stranger["Reads"], stranger["Listings"], stranger["Bytes"]) == (2, 1, 2000)
    assert stranger["First"].tzinfo is UTC
    assert stranger["First"] <= stranger["Last"]
    assert rows["oauth", "10.0.0.4"]["Principal"] == "oid"


@pytest.mark.parametrize(
    "values",
    [
        {"_ResourceId": f"{ACCOUNT.lower()}2/blobservices/default"},
        {"OperationName": "PutBlob"},
        {"StatusCode": "404"},
        {"StatusCode": "403"},
        {"TimeGenerated": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=["another account", "a write", "absent", "refused", "earlier"],
)
def test_other_requests_are_no_use(
    requests: Requests, log: LogAnalytics, values: dict[str, Any]
) -> None:
    requests.add(**values)

    assert use(log) == []


@pytest.mark.parametrize("status", ["Unknown", "304", "500", "408"])
def test_a_request_that_may_have_sent_bytes_is_unclear(
    requests: Requests, log: LogAnalytics, status: str
) -> None:
    requests.add(StatusCode=status)

    [row] = use(log)
    assert (row["Reads"], row["Unclear"], row["First"]) == (0, 1, None)


def test_a_row_that_arrived_twice_is_one_request(requests: Requests, log: LogAnalytics) -> None:
    for _ in range(2):
        requests.add(CorrelationId="the same")

    [row] = use(log)
    assert (row["Reads"], row["Bytes"]) == (1, 1000)


def test_distinct_objects_are_counted_over_the_callers_that_are_named(
    requests: Requests, log: LogAnalytics
) -> None:
    for name in (*NAMES, NAMES[0]):
        requests.add(ObjectKey=f"/records/scans/{name}")
    requests.add(CallerIpAddress="198.51.100.7:1", ObjectKey=f"/records/scans/{NAMES[0]}")
    requests.add(CallerIpAddress="192.0.2.1:1", ObjectKey="/records/scans/another")
    callers = [f"anonymous {STRANGER} ", "anonymous 198.51.100.7 "]

    [row] = found(log, "storage_objects", content=CONTENT, callers=callers)

    assert row == {"Objects": 2}


def test_no_answer_names_an_object(requests: Requests, log: LogAnalytics, sandbox: Sandbox) -> None:
    requests.add()
    answers = [
        use(log),
        found(log, "storage_objects", content=CONTENT, callers=[f"anonymous {STRANGER} "]),
        found(log, "storage_coverage", around=HOUR),
        found(log, "storage_access_levels"),
    ]

    assert answers[0]
    assert NAMES[0] not in json.dumps(answers, default=str)
    assert "scans" not in json.dumps(answers, default=str)


def test_rows_of_the_account_and_of_others_show_how_far_the_log_has_come(
    requests: Requests, log: LogAnalytics
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    requests.add(TimeGenerated=now - 2 * HOUR)
    requests.add(TimeGenerated=now - HOUR, OperationName="PutBlob")
    requests.add(TimeGenerated=now, _ResourceId="/subscriptions/other")

    [row] = found(log, "storage_coverage", around=3 * HOUR)

    assert row["Rows"] == 2
    assert (row["First"], row["Last"], row["Newest"]) == (now - 2 * HOUR, now - HOUR, now)


def test_a_log_without_rows_shows_no_times(log: LogAnalytics) -> None:
    assert found(log, "storage_coverage", around=HOUR) == [
        {"Rows": 0, "First": None, "Last": None, "Newest": None}
    ]


def test_access_levels_set_on_the_data_plane_are_counted(
    requests: Requests, log: LogAnalytics
) -> None:
    requests.add(OperationName="SetContainerACL")
    requests.add(OperationName="SetContainerACL", StatusCode="403")
    requests.add()

    [row] = found(log, "storage_access_levels")

    assert row["Changes"] == 1


def test_a_workspace_that_stopped_at_its_cap_says_so(sandbox: Sandbox, log: LogAnalytics) -> None:
    now = datetime.now(UTC)
    sandbox.logs.add("Operation", {"TimeGenerated": now, "Detail": "A table was created"})
    assert log.access("log_stopped", {}, since=now - HOUR, until=now)[0]["Stops"] == 0

    detail = "Data collection stopped due to daily limit of free data reached. OverQuota"
    sandbox.logs.add("Operation", {"TimeGenerated": now, "Detail": detail})

    assert log.access("log_stopped", {}, since=now - HOUR, until=now + HOUR)[0]["Stops"] == 1


def test_a_partial_answer_is_none(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.logs.partial()

    assert refusal_of(lambda: use(log)).code == "PartialAnswer"


@pytest.mark.parametrize("status", [403, 429, 504])
def test_a_refusal_says_why(sandbox: Sandbox, log: LogAnalytics, status: int) -> None:
    sandbox.logs.refuse(status=status, times=1)

    assert refusal_of(lambda: use(log)).status == status


def test_a_value_that_cannot_be_a_literal_never_reaches_the_log(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    error = refusal_of(lambda: found(log, "storage_use", content=["a\nb"], listings=LISTINGS))

    assert error.code == "UnfitValue"
    assert sandbox.logs.queries == []
