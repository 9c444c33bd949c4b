"""The posture of the clinic's tenant: its conditional access policies."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.clinic.ids import WORKSPACE
from sandbox.core.documents import Body
from sandbox.core.people import TENANT

_TENANT: Final = f"/tenants/{TENANT}"


def tenant() -> Iterator[Body]:
    """Yield every document of it."""
    yield graph_object("conditionalAccessPolicies", MFA_FOR_ALL, _mfa_for_all())
    yield _log_export()
    yield graph_object("accessReviews", REVIEW, _quarterly_review())
    for number, account in enumerate(EMERGENCY, 1):
        yield graph_object("users", account, _emergency_account(number))
        yield graph_object("roleAssignments", f"emergency-{number}", _global_administrator(account))


PORTAL: Final = "5b7f2a10-8c4d-4e2a-9b31-7d6e5f4c3b2a"
"""The client id of the application through which the clinic's people see records."""

EMERGENCY: Final = (
    "a1c5e9d2-7f30-4b68-9c14-3e8d2b6f5a01",
    "a1c5e9d2-7f30-4b68-9c14-3e8d2b6f5a02",
)
"""The object ids of the emergency access accounts."""

REVIEW: Final = "7c3e9b20-1d5f-4a86-b7c4-9e0f1a2b3c4d"

_GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"

MONITOR_TOML: Final = f"""\
[phi]
applications = ["{PORTAL}"]

[break_glass]
accounts = ["{EMERGENCY[0]}", "{EMERGENCY[1]}"]
drills = [2026-01-05]
drill_days = 3650
runbooks = [{{ id = "IR-7 Emergency access", expires = 2100-01-01 }}]
"""
"""The clinic's monitor.toml, with which every control applies and passes."""

MFA_FOR_ALL: Final = "2d0f6c11-5c1a-4b8e-9a77-0e4f3b2c1d10"


def graph_object(kind: str, name: str, found: dict[str, Any]) -> Body:
    """Return an object of Microsoft Graph as a document of the tenant."""
    return {
        "id": f"{_TENANT}/providers/microsoft.graph/{kind}/{name}",
        "name": name,
        "type": f"microsoft.graph/{kind}",
        "properties": {"id": name, **found},
    }


def _quarterly_review() -> dict[str, Any]:
    """Return the series that reviews who is Global Administrator; its first review is to come."""
    query = f"/roleManagement/directory/roleDefinitions/{_GLOBAL_ADMINISTRATOR}"
    return {
        "displayName": "Quarterly review of Global Administrators",
        "status": "NotStarted",
        "scope": {"query": query, "queryType": "MicrosoftGraph"},
        "reviewers": [{"query": "/users/ciso", "queryType": "MicrosoftGraph"}],
        "settings": {
            "defaultDecision": "None",
            "autoApplyDecisionsEnabled": True,
            "recurrence": {
                "pattern": {"type": "absoluteMonthly", "interval": 3},
                "range": {"type": "noEnd", "startDate": "2099-01-01"},
            },
        },
    }


def _log_export() -> Body:
    """Return the setting that sends the logs of Entra ID to the workspace."""
    categories = (
        *("AuditLogs", "SignInLogs", "NonInteractiveUserSignInLogs"),
        *("ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs"),
    )
    logs = [{"category": each, "enabled": True} for each in categories]
    return {
        "id": "/providers/microsoft.aadiam/diagnosticSettings/entra-to-logs",
        "name": "entra-to-logs",
        "type": "microsoft.aadiam/diagnosticSettings",
        "properties": {"workspaceId": WORKSPACE, "logs": logs},
    }


def _emergency_account(number: int) -> dict[str, Any]:
    return {
        "displayName": f"Emergency access {number}",
        "userPrincipalName": f"emergency{number}@lakesideclinic.onmicrosoft.com",
        "accountEnabled": True,
    }


def _global_administrator(account: str) -> dict[str, Any]:
    return {
        "principalId": account,
        "roleDefinitionId": _GLOBAL_ADMINISTRATOR,
        "directoryScopeId": "/",
    }


def _mfa_for_all() -> dict[str, Any]:
    return {
        "displayName": "Require MFA for all users",
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"], "excludeApplications": []},
            "users": {"includeUsers": ["All"], "excludeUsers": [*EMERGENCY], "excludeGroups": []},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
