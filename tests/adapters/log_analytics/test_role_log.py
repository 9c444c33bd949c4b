"""The query about what was done with a role, run on rows that match and that do not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.access.ports import QueryValue
from sandbox.world import Sandbox
from tests.support.rig import GROUP, SUBSCRIPTION

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
STRANGER = "203.0.113.9"
PERSON = "7a7a7a7a-2222-4b4b-9c9c-000000000002"
OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
WRITE = "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE"
LIST_KEYS = "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION"


def found(log: LogAnalytics, **values: QueryValue) -> list[dict[str, Any]]:
    given: dict[str, QueryValue] = {
        "subscription": SUBSCRIPTION,
        "principals": [PERSON],
        "assigned": [PERSON.replace("-", "")],
        "handing_out": ["listKeys", "beginGetAccess"],
        **values,
    }
    return [dict(each) for each in log.access("role_use", given, since=NOW - HOUR, until=NOW)]


def add(sandbox: Sandbox, **values: Any) -> None:
    row = {
        "TimeGenerated": NOW - HOUR / 2,
        "CategoryValue": "Administrative",
        "OperationNameValue": WRITE,
        "ActivityStatusValue": "Success",
        "CorrelationId": "one",
        "CallerIpAddress": STRANGER,
        "Caller": "person@clinic.example",
        "Claims_d": {OBJECT_ID: PERSON.upper()},
        "SubscriptionId": SUBSCRIPTION,
        "_ResourceId": GROUP.lower(),
    }
    sandbox.logs.add("AzureActivity", {**row, **values})


def test_operations_are_counted_each_once_and_those_apart_that_hand_out_keys(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    add(sandbox)
    add(sandbox)
    add(sandbox, OperationNameValue=LIST_KEYS)
    add(sandbox, OperationNameValue=LIST_KEYS, CorrelationId="two")
    add(sandbox, CorrelationId="three", ActivityStatusValue="Start")

    [row] = found(log)

    assert (row["Operations"], row["HandedOut"], row["Address"]) == (3, 2, STRANGER)
    assert row["Principal"].lower() == PERSON


@pytest.mark.parametrize(
    "values",
    [
        {"Caller": PERSON, "Claims_d": None},
        {"Caller": PERSON.upper(), "Claims_d": {}},
        {"Claims_d": None, "Claims": json.dumps({OBJECT_ID: PERSON})},
    ],
    ids=["service principal", "another case", "claims as text"],
)
def test_a_principal_is_known_by_its_id_wherever_that_stands(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add(sandbox, **values)

    [row] = found(log)

    assert row["Principal"].lower() == PERSON


def test_a_member_of_a_group_is_known_by_the_role_assignment_of_the_group(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    group = PERSON.replace("-", "").upper()
    add(
        sandbox,
        Claims_d={OBJECT_ID: "a-member"},
        Authorization=json.dumps({"evidence": {"principalId": group}}),
    )

    [row] = found(log)

    assert row["Principal"] == "a-member"


@pytest.mark.parametrize(
    "values",
    [
        {"ActivityStatusValue": "Failure"},
        {"CategoryValue": "Policy"},
        {"Claims_d": {OBJECT_ID: "another"}},
        {"SubscriptionId": "another"},
        {"TimeGenerated": NOW - 2 * HOUR},
    ],
    ids=["failed", "a policy", "another principal", "another subscription", "earlier"],
)
def test_other_rows_do_not_count(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    add(sandbox, **values)

    assert found(log) == []


def test_without_a_subscription_every_one_is_looked_at(sandbox: Sandbox, log: LogAnalytics) -> None:
    add(sandbox, SubscriptionId="another")
    add(sandbox, SubscriptionId="")

    [row] = found(log, subscription="")
    [coverage] = log.access(
        "activity_coverage", {"subscription": "", "around": HOUR}, since=NOW - HOUR, until=NOW
    )

    assert row["Operations"] == 1
    assert coverage["Rows"] == 2
