"""The posture of the clinic's tenant: its conditional access policies."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.core.documents import Body
from sandbox.core.people import TENANT

_TENANT: Final = f"/tenants/{TENANT}"


def tenant() -> Iterator[Body]:
    """Yield every document of it."""
    yield graph_object("conditionalAccessPolicies", MFA_FOR_ALL, _mfa_for_all())


PORTAL: Final = "5b7f2a10-8c4d-4e2a-9b31-7d6e5f4c3b2a"
"""The client id of the application through which the clinic's people see records."""

MONITOR_TOML: Final = f"""\
[phi]
applications = ["{PORTAL}"]
"""
"""What an operator of the clinic states in monitor.toml, so that every control applies and passes."""

MFA_FOR_ALL: Final = "2d0f6c11-5c1a-4b8e-9a77-0e4f3b2c1d10"


def graph_object(kind: str, name: str, found: dict[str, Any]) -> Body:
    """Return an object of Microsoft Graph as a document of the tenant."""
    return {
        "id": f"{_TENANT}/providers/microsoft.graph/{kind}/{name}",
        "name": name,
        "type": f"microsoft.graph/{kind}",
        "properties": {"id": name, **found},
    }


def _mfa_for_all() -> dict[str, Any]:
    return {
        "displayName": "Require MFA for all users",
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"], "excludeApplications": []},
            "users": {"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": []},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
