"""Log Analytics answers KQL over the rows that have arrived, in its documented form."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from sandbox.clinic.estate import RECORDS
from sandbox.core.people import ENGINEER, PIPELINE
from sandbox.logs.logs import span
from sandbox.world import Sandbox
from tests.sandbox.people import Person

DAY = timedelta(days=1)
WRITES = """AzureActivity
| where OperationNameValue endswith "/WRITE" and ActivityStatusValue == "Success"
| project TimeGenerated, Caller, CorrelationId, ObjectId = tostring(
    Claims_d["http://schemas.microsoft.com/identity/claims/objectidentifier"]), _ResourceId"""


@pytest.fixture
def client(azure: Sandbox) -> Iterator[LogsQueryClient]:
    """Return Microsoft's own client; it asks for tokens of the endpoint it was given."""
    with LogsQueryClient(
        Person(azure, azure.identity.actor),
        endpoint=azure.logs.base_url,
        connection_verify=str(azure.ca_bundle),
        retry_total=0,
    ) as client:
        yield client


def rows(client: LogsQueryClient, azure: Sandbox, query: str) -> list[dict[str, object]]:
    """Run a query over the last day and return its rows."""
    result = client.query_workspace(azure.logs.workspace_id, query, timespan=DAY)
    assert isinstance(result, LogsQueryResult)
    table = result.tables[0]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_a_write_is_found_with_its_caller(azure: Sandbox, client: LogsQueryClient) -> None:
    azure.patch(RECORDS, {"tags": {}}, actor=ENGINEER)
    azure.patch(RECORDS, {"tags": {}}, actor=PIPELINE)

    found = rows(client, azure, f"{WRITES} | order by TimeGenerated asc")

    assert [row["Caller"] for row in found] == [ENGINEER.upn, PIPELINE.app_id]
    assert [row["ObjectId"] for row in found] == [ENGINEER.object_id, PIPELINE.object_id]
    assert {row["_ResourceId"] for row in found} == {RECORDS.lower()}
    assert all(isinstance(row["TimeGenerated"], datetime) for row in found)


def test_the_event_and_the_log_share_a_correlation(azure: Sandbox, client: LogsQueryClient) -> None:
    azure.patch(RECORDS, {"tags": {}})
    (event,) = azure.events.published

    (row,) = rows(client, azure, WRITES)

    assert row["CorrelationId"] == event["data"]["correlationId"]


def test_a_write_is_not_found_before_it_has_arrived(
    azure: Sandbox, client: LogsQueryClient
) -> None:
    azure.logs.delay = (300.0, 300.0)
    azure.patch(RECORDS, {"tags": {}})

    assert rows(client, azure, WRITES) == []


def test_opening_a_container_is_in_the_storage_log(azure: Sandbox, client: LogsQueryClient) -> None:
    azure.patch(RECORDS, {"properties": {"allowBlobPublicAccess": True}})
    azure.set_container_acl(RECORDS, "referrals", "Blob")

    query = "StorageBlobLogs | where OperationName == 'SetContainerACL' | project ObjectKey"

    assert rows(client, azure, query) == [{"ObjectKey": "/lakesiderecords/referrals"}]


def test_a_timespan_hides_what_is_older(azure: Sandbox, client: LogsQueryClient) -> None:
    old = azure.clock() - timedelta(days=3)
    azure.logs.add("StorageBlobLogs", {"TimeGenerated": old, "AccountName": "a"})

    assert rows(client, azure, "StorageBlobLogs | summarize Count = count()") == [{"Count": 0}]


def test_a_wrong_query_is_a_bad_argument(azure: Sandbox, client: LogsQueryClient) -> None:
    with pytest.raises(HttpResponseError) as caught:
        rows(client, azure, "AzureActivity | where Nonsense == 1")

    assert caught.value.status_code == 400
    assert caught.value.error is not None
    assert caught.value.error.code == "BadArgumentError"


def test_another_workspace_is_not_found(azure: Sandbox, client: LogsQueryClient) -> None:
    with pytest.raises(HttpResponseError) as caught:
        client.query_workspace(azure.chance.guid("x"), "AzureActivity", timespan=DAY)

    assert caught.value.status_code == 404


def test_a_token_for_arm_is_refused(azure: Sandbox) -> None:
    with (
        LogsQueryClient(
            Person(azure, ENGINEER),
            endpoint=azure.logs.base_url,
            credential_scopes=["https://management.azure.com/.default"],
            connection_verify=str(azure.ca_bundle),
            retry_total=0,
        ) as client,
        pytest.raises(HttpResponseError) as caught,
    ):
        client.query_workspace(azure.logs.workspace_id, "AzureActivity", timespan=DAY)

    assert caught.value.status_code == 401


def test_a_partial_answer_says_so(azure: Sandbox, client: LogsQueryClient) -> None:
    azure.logs.partial()

    result = client.query_workspace(azure.logs.workspace_id, "AzureActivity", timespan=DAY)

    assert isinstance(result, LogsQueryPartialResult)


def test_refusals_are_worded_as_the_service_does(azure: Sandbox, client: LogsQueryClient) -> None:
    azure.logs.refuse(status=429, code="ThrottledError", retry_after=3)
    with pytest.raises(HttpResponseError) as caught:
        rows(client, azure, "AzureActivity")

    assert caught.value.status_code == 429
    assert caught.value.error is not None
    assert caught.value.error.code == "ThrottledError"


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("", None, None),
        ("PT3600.0S", 11, None),
        ("P1DT12H", -24, None),
        ("2026-05-01T06:00:00Z/PT2H", 6, 8),
        ("2026-05-01T06:00:00Z/2026-05-01T07:00:00Z", 6, 7),
        ("PT1H/2026-05-01T07:00:00Z", 6, 7),
    ],
)
def test_timespans_are_durations_or_intervals(
    text: str, since: int | None, until: int | None
) -> None:
    midnight = datetime(2026, 5, 1, tzinfo=UTC)

    def at(hour: int | None) -> datetime | None:
        return None if hour is None else midnight + timedelta(hours=hour)

    assert span(text, midnight + timedelta(hours=12)) == (at(since), at(until))
