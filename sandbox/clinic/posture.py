"""The posture of the clinic's subscription and its tenant: Defender for Cloud, exports of logs, sign-in."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.clinic.ids import OPERATIONS, SUBSCRIPTION, WORKSPACE, resource
from sandbox.clinic.tenant import tenant
from sandbox.clinic.topics import topics
from sandbox.core.documents import Body

_SUBSCRIPTION: Final = f"/subscriptions/{SUBSCRIPTION}"
_REPORTED: Final = {
    "phi-storage-write": "Microsoft.Storage/storageAccounts/write",
    "phi-role-assignment": "Microsoft.Authorization/roleAssignments/write",
}
_PLANS: Final[dict[str, dict[str, Any]]] = {
    "StorageAccounts": {
        "subPlan": "DefenderForStorageV2",
        "extensions": [
            {
                "name": "OnUploadMalwareScanning",
                "isEnabled": "True",
                "additionalExtensionProperties": {"CapGBPerMonthPerStorageAccount": "10000"},
            },
            {"name": "SensitiveDataDiscovery", "isEnabled": "True"},
        ],
    },
    "SqlServers": {},
    "VirtualMachines": {"subPlan": "P2"},
    "KeyVaults": {"subPlan": "PerKeyVault"},
    "Arm": {"subPlan": "PerSubscription"},
}


def posture() -> Iterator[Body]:
    """Yield every document of it."""
    yield _activity_log()
    yield _export()
    yield from _alerts()
    yield from topics()
    yield from _tables()
    yield from tenant()
    yield _queries()
    for name, chosen in _PLANS.items():
        properties = {"pricingTier": "Standard", "resourcesCoverageStatus": "FullyCovered"}
        yield _extension("Microsoft.Security/pricings", name, {**properties, **chosen})


def _export() -> Body:
    """Return the continuous export of Defender for Cloud to the workspace, as its portal makes it."""
    path = f"{OPERATIONS}/providers/Microsoft.Security/automations/ExportToWorkspace"
    severities = [_rule("Severity", "Equals", each) for each in ("Low", "Medium", "High")]
    assessments = [_rule("type", "Contains", "Microsoft.Security/assessments")]
    properties = {
        "isEnabled": True,
        "scopes": [{"description": "the subscription", "scopePath": _SUBSCRIPTION}],
        "sources": [
            {"eventSource": "Alerts", "ruleSets": severities},
            {"eventSource": "Assessments", "ruleSets": assessments},
        ],
        "actions": [{"actionType": "Workspace", "workspaceResourceId": WORKSPACE}],
    }
    return {**resource(path, "Microsoft.Security/automations"), "properties": properties}


def _alerts() -> Iterator[Body]:
    """Yield the alert rules on important writes, and the action group that they call."""
    group = f"{OPERATIONS}/providers/microsoft.insights/actionGroups/on-call"
    mail = {"name": "on-call", "emailAddress": "oncall@lakeside.example", "status": "Enabled"}
    properties = {"groupShortName": "on-call", "enabled": True, "emailReceivers": [mail]}
    yield {**resource(group, "microsoft.insights/actionGroups"), "properties": properties}
    for name, operation in _REPORTED.items():
        path = f"{OPERATIONS}/providers/microsoft.insights/activityLogAlerts/{name}"
        leaves = {"category": "Administrative", "operationName": operation}
        yield {
            **resource(path, "microsoft.insights/activityLogAlerts"),
            "location": "Global",
            "properties": {
                "enabled": True,
                "scopes": [_SUBSCRIPTION],
                "condition": {"allOf": [{"field": k, "equals": v} for k, v in leaves.items()]},
                "actions": {"actionGroups": [{"actionGroupId": group}]},
            },
        }


def _tables() -> Iterator[Body]:
    """Yield the tables of the workspace that hold audit logs, kept for six years."""
    for name in ("AzureActivity", "StorageBlobLogs", "SQLSecurityAuditEvents", "AZKVAuditLogs"):
        yield {
            "id": f"{WORKSPACE}/tables/{name}",
            "name": name,
            "type": "Microsoft.OperationalInsights/workspaces/tables",
            "properties": {
                "retentionInDays": 730,
                "totalRetentionInDays": 2191,
                "plan": "Analytics",
                "provisioningState": "Succeeded",
            },
        }


def _queries() -> Body:
    """Return the setting with which the workspace logs its own queries to itself."""
    logs = [{"category": "Audit", "enabled": True}]
    name, kind = "queries-to-logs", "Microsoft.Insights/diagnosticSettings"
    return {
        "id": f"{WORKSPACE}/providers/{kind}/{name}",
        "name": name,
        "type": kind,
        "properties": {"workspaceId": WORKSPACE, "logs": logs},
    }


def _rule(path: str, operator: str, value: str) -> Body:
    rule = {"propertyJPath": path, "propertyType": "String", "operator": operator}
    return {"rules": [{**rule, "expectedValue": value}]}


def _activity_log() -> Body:
    """Return the setting that sends the subscription's activity log to the workspace."""
    required = ("Administrative", "Security", "Policy")
    logs = [{"category": each, "enabled": True} for each in required]
    properties = {"workspaceId": WORKSPACE, "logs": logs}
    return _extension("Microsoft.Insights/diagnosticSettings", "activity-to-logs", properties)


def _extension(kind: str, name: str, properties: Body) -> Body:
    return {
        "id": f"{_SUBSCRIPTION}/providers/{kind}/{name}",
        "name": name,
        "type": kind,
        "properties": properties,
    }
