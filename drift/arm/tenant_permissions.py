"""What the identity of the monitor needs to read the posture of a tenant."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from drift import ids
from drift.arm import graph

AADIAM: Final = "microsoft.aadiam"
"""The provider of the diagnostic settings of Microsoft Entra ID, outside of every subscription."""

GRAPH_ROLES: Final[Mapping[str, str]] = {
    graph.POLICIES.lower(): "Policy.Read.All",
    graph.STRENGTHS.lower(): "Policy.Read.All",
    graph.SINGLE_POLICIES.lower(): "Policy.Read.All",
    graph.ASSIGNMENTS.lower(): "RoleManagement.Read.Directory",
    graph.ELIGIBILITIES.lower(): "RoleManagement.Read.Directory",
    graph.USERS.lower(): "User.Read.All",
    graph.GROUPS.lower(): "GroupMember.Read.All",
    graph.REVIEWS.lower(): "AccessReview.Read.All",
}
"""The least application role of Microsoft Graph that allows to read each type.
https://learn.microsoft.com/graph/permissions-reference"""

_AADIAM_NEEDS: Final = (
    "the identity needs microsoft.aadiam/diagnosticSettings/read at /providers/Microsoft.aadiam; "
    "a person with elevated access grants it with `az role assignment create --assignee-object-id "
    "<OBJECT_ID> --assignee-principal-type ServicePrincipal --role Reader "
    "--scope /providers/Microsoft.aadiam`"
)


def missing_permission(document: str, status: int) -> str:
    """Return the permission that is missing by a refusal with this status, "" if it does not show one."""
    if status != HTTPStatus.FORBIDDEN:
        return ""
    provider, *names = ids.type_of(document).split("/")
    if provider == AADIAM:
        return _AADIAM_NEEDS
    role = GRAPH_ROLES.get(f"{provider}/{names[0]}", "") if names else ""
    return f"the identity needs the application role {role} of Microsoft Graph" if role else ""
