"""The queries for changes that raise no event, run on sample rows that match and that do not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.log_analytics.activity_log import LogAnalytics
from drift.ports import LoggedChange
from sandbox.world import Sandbox
from tests.support.azure_fakes import ACCOUNT, refusal_of

HOUR = timedelta(hours=1)
GROUP = "/providers/Microsoft.Management/managementGroups/clinic"
GLASS = "6d0c2f4e-5b7a-49c1-8e3d-0f1a2b3c4d5e"


def found(log: LogAnalytics, query: str, **values: Sequence[str]) -> list[LoggedChange]:
    now = datetime.now(UTC)
    return list(log.changes(query, since=now - HOUR, until=now + HOUR, values=values))


def blob_row(**values: Any) -> dict[str, Any]:
    return {
        "TimeGenerated": datetime.now(UTC),
        "OperationName": "SetContainerACL",
        "StatusCode": "200",
        "ObjectKey": "/records/scans",
        "AuthenticationType": "AccountKey",
        "CallerIpAddress": "203.0.113.9:51324",
        "CorrelationId": "request-1",
        "_ResourceId": ACCOUNT.lower(),
        **values,
    }


def audit_row(**values: Any) -> dict[str, Any]:
    user = {
        "id": "oid-dana",
        "userPrincipalName": "dana@clinic.example",
        "ipAddress": "2001:db8::9",
    }
    return {
        "TimeGenerated": datetime.now(UTC),
        "Id": "audit-1",
        "OperationName": "Update conditional access policy",
        "Category": "Policy",
        "Result": "success",
        "InitiatedBy": {"user": user},
        "TargetResources": [{"id": "policy-1", "displayName": "MFA for administrators"}],
        **values,
    }


def activity_row(**values: Any) -> dict[str, Any]:
    return {
        "TimeGenerated": datetime.now(UTC),
        "EventDataId": "activity-1",
        "CategoryValue": "Administrative",
        "OperationNameValue": "MICROSOFT.AUTHORIZATION/POLICYASSIGNMENTS/DELETE",
        "ActivityStatusValue": "Success",
        "Caller": "dana@clinic.example",
        "CallerIpAddress": "203.0.113.9",
        "Claims": '{"appid": "app-1"}',
        "ResourceId": f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/cmk",
        **values,
    }


def test_a_containers_new_access_level_is_found(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.logs.add("StorageBlobLogs", blob_row())

    [change] = found(log, "container_changes")

    assert (change.resource, change.document) == (ACCOUNT.lower(), "scans")
    assert (change.id, change.operation) == ("request-1", "SetContainerACL")
    assert (change.address, change.authentication) == ("203.0.113.9", "AccountKey")


@pytest.mark.parametrize(
    "values",
    [
        {"OperationName": "GetBlob"},
        {"StatusCode": "403"},
        {"TimeGenerated": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=["a read", "refused", "earlier"],
)
def test_other_requests_to_a_storage_account_are_not(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    sandbox.logs.add("StorageBlobLogs", blob_row(**values))

    assert found(log, "container_changes") == []


def test_a_changed_policy_of_conditional_access_is_found(
    sandbox: Sandbox, log: LogAnalytics
) -> None:
    sandbox.logs.add("AuditLogs", audit_row())

    [change] = found(log, "directory_changes")

    assert (change.id, change.document) == ("audit-1", "policy-1")
    assert (change.person, change.object_id) == ("dana@clinic.example", "oid-dana")
    assert change.address == "2001:db8::9"


def test_a_role_that_an_application_assigned_is_found(sandbox: Sandbox, log: LogAnalytics) -> None:
    by = {"app": {"displayName": "deployer", "appId": "app-1"}}
    row = audit_row(Category="RoleManagement", OperationName="Add member to role", InitiatedBy=by)
    sandbox.logs.add("AuditLogs", row)

    [change] = found(log, "directory_changes")

    assert (change.person, change.application, change.application_id) == ("", "deployer", "app-1")


def test_a_deleted_access_review_is_found(sandbox: Sandbox, log: LogAnalytics) -> None:
    row = audit_row(Category="Policy", OperationName="Delete access review")
    sandbox.logs.add("AuditLogs", row)

    assert [each.operation for each in found(log, "directory_changes")] == ["Delete access review"]


@pytest.mark.parametrize(
    "values",
    [{"OperationName": "Update user", "Category": "UserManagement"}, {"Result": "failure"}],
    ids=["a user", "failed"],
)
def test_other_rows_of_the_directory_are_not(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    sandbox.logs.add("AuditLogs", audit_row(**values))

    assert found(log, "directory_changes") == []


def test_a_change_on_a_management_group_is_found(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.logs.add("AzureActivity", activity_row())

    [change] = found(log, "management_group_changes")

    assert change.resource.startswith(f"{GROUP}/")
    assert (change.id, change.person) == ("activity-1", "dana@clinic.example")
    assert change.application_id == "app-1"


@pytest.mark.parametrize(
    "values",
    [{"ResourceId": ACCOUNT}, {"ActivityStatusValue": "Start"}, {"CategoryValue": "Policy"}],
    ids=["a subscription's", "only begun", "an evaluation"],
)
def test_other_rows_of_the_activity_log_are_not(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    sandbox.logs.add("AzureActivity", activity_row(**values))

    assert found(log, "management_group_changes") == []


def sign_in_row(**values: Any) -> dict[str, Any]:
    return {
        "TimeGenerated": datetime.now(UTC),
        "Id": "sign-in-1",
        "UserId": GLASS,
        "UserPrincipalName": "glass@clinic.onmicrosoft.com",
        "IPAddress": "203.0.113.9",
        "AppDisplayName": "Azure Portal",
        "AppId": "app-1",
        "ResultType": "0",
        "CorrelationId": "request-1",
        **values,
    }


@pytest.mark.parametrize(
    "values",
    [{}, {"UserId": GLASS.upper()}, {"ResultType": "50126"}],
    ids=["it succeeded", "another case", "it failed"],
)
def test_a_sign_in_of_an_emergency_access_account_is_found(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    sandbox.logs.add("SigninLogs", sign_in_row(**values))

    [row] = found(log, "emergency_sign_ins", accounts=[GLASS, "another"])

    assert (row.id, row.object_id.lower()) == ("sign-in-1", GLASS)
    assert (row.person, row.address) == ("glass@clinic.onmicrosoft.com", "203.0.113.9")
    assert (row.application, row.authentication) == (
        "Azure Portal",
        values.get("ResultType", "0"),
    )


@pytest.mark.parametrize(
    "values",
    [{"UserId": "dana"}, {"UserId": ""}, {"TimeGenerated": datetime(2020, 1, 1, tzinfo=UTC)}],
    ids=["another account", "nobody", "earlier"],
)
def test_other_sign_ins_are_not(
    sandbox: Sandbox, log: LogAnalytics, values: dict[str, Any]
) -> None:
    sandbox.logs.add("SigninLogs", sign_in_row(**values))

    assert found(log, "emergency_sign_ins", accounts=[GLASS]) == []


def test_a_partial_answer_shows_no_changes(sandbox: Sandbox, log: LogAnalytics) -> None:
    sandbox.logs.partial()

    error = refusal_of(lambda: found(log, "container_changes"))

    assert error.code == "PartialAnswer"
