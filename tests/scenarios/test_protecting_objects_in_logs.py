"""The next read of a log finds a change that no event reports, for every control that needs it.

The losses are those of ``test_protecting_objects``. Here no event is delivered: the sandbox's workspace
gets the row that Azure would write, and the query of production finds it.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, Final

import pytest

from adapters.azure_http.credential import azure_credential
from adapters.log_analytics.activity_log import LogAnalytics
from detectors import DETECTORS
from detectors.policy import exemption
from detectors.role import privileged_assignment
from detectors.storage import public_access
from drift import ids
from drift.arm import graph
from drift.detector import Detector
from sandbox.core.people import ENGINEER
from tests.detectors.watch import Watch
from tests.detectors.ways import Azure, an_azure
from tests.scenarios.test_protecting_objects import Loss, losses_of, missed
from tests.support.rig import Rig

OF_ISSUE_B: Final = (
    *("POLICY-ENCRYPTION-INITIATIVE", "POLICY-EXEMPTION", "POLICY-REMEDIATION"),
    *("CA-ADMIN-MFA", "CA-PHI-APPS-MFA", "BREAK-GLASS", "ROLE-PRIVILEGED-ASSIGNMENT"),
    *("ACCESS-REVIEW", "DEFENDER-PLANS", "DEFENDER-EXPORT", "DEFENDER-COMPLIANCE-STANDARD"),
    *("ACTIVITY-LOG-EXPORT", "ENTRA-LOG-EXPORT", "WORKSPACE-RETENTION", "WORKSPACE-AUDIT"),
    *("ALERT-STORAGE-FIREWALL", "ALERT-ROLE-ASSIGNMENT", "FLOW-LOGS", "MONITOR-SELF"),
    *("EVIDENCE-IMMUTABILITY", "FHIR-NETWORK", "FHIR-CMK", "FHIR-LOGGING", "COSMOS-NETWORK"),
    *("COSMOS-CMK", "COSMOS-LOCAL-AUTH", "COSMOS-LOGGING", "COSMOS-BACKUP"),
)
"""The controls of policies, identities, the detection plane and further PHI services."""

OF_TENANT: Final = [
    each
    for each in DETECTORS
    if ids.TENANT in each.CONTROL.resource_types and each.CONTROL.id != "ENTRA-LOG-EXPORT"
]
"""Polls and the sweep find a change of the tenant's log export, which no log reports."""

_OPERATIONS: Final = {
    graph.POLICIES.lower(): ("Policy", "Update conditional access policy"),
    graph.STRENGTHS.lower(): ("Policy", "Update authentication strength"),
    graph.ASSIGNMENTS.lower(): ("RoleManagement", "Remove member from role"),
    graph.REVIEWS.lower(): ("Policy", "Delete access review"),
    graph.ELIGIBILITIES.lower(): (
        "RoleManagement",
        "Remove eligible member from role in PIM completed",
    ),
}
"""The rows of AuditLogs about a change, by the type of the changed object."""


@pytest.fixture(scope="module")
def azure() -> Iterator[Azure]:
    with an_azure() as found:
        yield found


@pytest.fixture
def log(azure: Azure) -> Iterator[LogAnalytics]:
    """Yield the production log of the sandbox's workspace."""
    identity = azure_credential("", os.environ, clock=lambda: azure.clock().timestamp())
    opened = LogAnalytics(
        identity,
        endpoint=azure.sandbox.logs.base_url,
        scope="https://api.loganalytics.io/.default",
        workspace_id=azure.sandbox.logs.workspace_id,
    )
    with closing(identity), closing(opened):
        yield opened


def rows_of(loss: Loss, azure: Azure) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the table and the row that Azure writes of each changed document that a log reports."""
    for path in loss.after:
        if found := _OPERATIONS.get(ids.type_of(path)):
            yield "AuditLogs", _audit_row(path, found, azure)
        elif "/blobservices/default/containers/" in path:
            yield "StorageBlobLogs", _container_row(path, azure)


def _audit_row(path: str, kind: tuple[str, str], azure: Azure) -> dict[str, Any]:
    category, operation = kind
    user = {"id": ENGINEER.object_id, "userPrincipalName": ENGINEER.upn, "ipAddress": ENGINEER.ip}
    return {
        "TimeGenerated": azure.clock(),
        "Id": f"audit {path} {azure.clock()}",
        "Category": category,
        "OperationName": operation,
        "Result": "success",
        "InitiatedBy": {"user": user},
        "TargetResources": [{"id": ids.name_of(path)}],
    }


def _container_row(path: str, azure: Azure) -> dict[str, Any]:
    service, _, container = path.partition("/containers/")
    return {
        "TimeGenerated": azure.clock(),
        "OperationName": "SetContainerACL",
        "StatusCode": "200",
        "ObjectKey": f"/{ids.name_of(ids.parent_of(service))}/{container}",
        "AuthenticationType": "AccountKey",
        "CallerIpAddress": "203.0.113.9:51324",
        "CorrelationId": f"request {path}",
        "_ResourceId": service,
    }


def by_log(log: LogAnalytics) -> Any:
    """Return what writes a loss and its rows, and has the monitor read the logs."""

    def lose(azure: Azure, watch: Watch, loss: Loss) -> None:
        watch.change(change_log=log)
        for path, body in loss.after.items():
            azure.sandbox.cloud.documents.write(path, body, azure.clock())
        rows = list(rows_of(loss, azure))
        for table, row in rows:
            azure.sandbox.logs.add(table, row)
        azure.clock.advance(seconds=1)
        watch.run(watch.monitor.watch_logs())

    return lose


def in_a_log(losses: Iterator[Loss], azure: Azure) -> list[Loss]:
    """Return the losses that a log reports."""
    return [each for each in losses if any(rows_of(each, azure))]


@pytest.mark.parametrize("control", OF_ISSUE_B)
def test_every_control_has_something_that_it_misses(control: str) -> None:
    [detector] = [each for each in DETECTORS if each.CONTROL.id == control]

    assert any(losses_of(detector))


@pytest.mark.parametrize("detector", [*OF_TENANT, public_access], ids=lambda each: each.CONTROL.id)
def test_what_protects_is_missed_by_the_next_read_of_its_log(
    azure: Azure, log: LogAnalytics, detector: Detector
) -> None:
    reported = in_a_log(losses_of(detector), azure)

    assert missed(azure, reported, by_log(log)) == []


def test_the_logs_report_losses_of_controls_of_the_tenant_and_of_storage(azure: Azure) -> None:
    found = {
        each.CONTROL.id for each in (*OF_TENANT, public_access) if in_a_log(losses_of(each), azure)
    }
    reported = {"CA-ADMIN-MFA", "CA-PHI-APPS-MFA", "BREAK-GLASS", "ACCESS-REVIEW"}

    assert found >= {*reported, "STORAGE-PUBLIC-ACCESS"}


GROUP = "/providers/Microsoft.Management/managementGroups/clinic"
AUTHORIZATION = f"{GROUP}/providers/Microsoft.Authorization"
KEYS = f"{AUTHORIZATION}/policyAssignments/keys"
OWNER = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
STORAGE_KEY = (
    "/providers/Microsoft.Authorization/policyDefinitions/6fac406b-40ca-413b-bf8e-0bf964659c25"
)
EXEMPTED = {"policyAssignmentId": KEYS, "exemptionCategory": "Waiver"}
OWNED = {"roleDefinitionId": OWNER, "principalId": "p", "principalType": "User"}


@pytest.mark.parametrize(
    ("detector", "document", "properties"),
    [
        (privileged_assignment, f"{AUTHORIZATION}/roleAssignments/new", OWNED),
        (exemption, f"{AUTHORIZATION}/policyExemptions/all", EXEMPTED),
    ],
    ids=["an owner", "an exemption without an end"],
)
def test_a_change_on_a_management_group_is_missed_by_the_next_read_of_its_log(
    azure: Azure, log: LogAnalytics, detector: Detector, document: str, properties: dict[str, str]
) -> None:
    rig = Rig(None)
    rig.clock.now = azure.clock()
    rig.arm.put(GROUP)
    rig.arm.put(KEYS, properties={"policyDefinitionId": STORAGE_KEY})
    rig.change(
        detectors=(detector,),
        change_log=log,
        facts=replace(rig.services.facts, management_group="clinic", subscriptions=()),
    )
    rig.run(rig.monitor.sweep())
    assert rig.splunk.changes == []

    rig.arm.put(document, properties=properties)
    azure.sandbox.logs.add("AzureActivity", _activity_row(document, azure))
    azure.clock.advance(seconds=1)
    rig.clock.advance(seconds=1)
    rig.run(rig.monitor.watch_logs())

    assert rig.splunk.changes == [f"{detector.CONTROL.id} opened"]
    rig.close()


def _activity_row(document: str, azure: Azure) -> dict[str, Any]:
    kind = ids.type_of(document).upper()
    return {
        "TimeGenerated": azure.clock(),
        "EventDataId": f"activity {document}",
        "CategoryValue": "Administrative",
        "OperationNameValue": f"{kind}/WRITE",
        "ActivityStatusValue": "Success",
        "Caller": ENGINEER.upn,
        "CallerIpAddress": ENGINEER.ip,
        "ResourceId": document,
    }
