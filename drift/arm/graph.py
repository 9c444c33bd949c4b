"""The objects of Microsoft Graph as documents below their tenant, and where Graph has them.

``/tenants/T/providers/microsoft.graph/conditionalAccessPolicies/ID`` is the document of the object
``identity/conditionalAccess/policies/ID``; the object itself stands in its ``properties``.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from drift import ids

PROVIDER: Final = "microsoft.graph"

POLICIES: Final = f"{PROVIDER}/conditionalAccessPolicies"
STRENGTHS: Final = f"{PROVIDER}/authenticationStrengthPolicies"
SINGLE_POLICIES: Final = f"{PROVIDER}/policies"
ASSIGNMENTS: Final = f"{PROVIDER}/roleAssignments"
ELIGIBILITIES: Final = f"{PROVIDER}/roleEligibilityScheduleInstances"
USERS: Final = f"{PROVIDER}/users"
GROUPS: Final = f"{PROVIDER}/groups"
MEMBERS: Final = "transitiveMembers"
REVIEWS: Final = f"{PROVIDER}/accessReviews"
INSTANCES: Final = "instances"

SECURITY_DEFAULTS: Final = f"{SINGLE_POLICIES}/identitySecurityDefaultsEnforcementPolicy"

PATHS: Final[Mapping[str, str]] = {
    POLICIES: "identity/conditionalAccess/policies",
    STRENGTHS: "policies/authenticationStrengthPolicies",
    SINGLE_POLICIES: "policies",
    ASSIGNMENTS: "roleManagement/directory/roleAssignments",
    ELIGIBILITIES: "roleManagement/directory/roleEligibilityScheduleInstances",
    USERS: "users",
    GROUPS: "groups",
    REVIEWS: "identityGovernance/accessReviews/definitions",
}
"""The path of each collection in Graph; children of an object have the same names in both."""

_BY_TYPE: Final = {kind.lower(): path for kind, path in PATHS.items()}


def in_tenant(resource_id: str, kind: str) -> str:
    """Return the id of a document or a collection in the tenant of an id."""
    return f"{ids.tenant_of(resource_id)}/providers/{kind}"


def is_graph(document: str) -> bool:
    """Tell whether Microsoft Graph has a document."""
    return ids.provider_of(document) == PROVIDER


def path_of(document: str) -> str:
    """Return the path of a document or a collection in Graph, "" if no control reads its type."""
    _, _, below = document.rpartition("/providers/")
    provider, kind, *rest = below.strip("/").split("/") if below.count("/") else ("", "")
    path = _BY_TYPE.get(f"{provider}/{kind}".lower(), "")
    return "/".join([path, *rest]) if path else ""


def id_of_path(tenant_id: str, path: str) -> str:
    """Return the id of the document or the collection at a path or address of Graph, "" for others."""
    names = [each for each in urlsplit(path).path.split("/") if each]
    if names[:1] in (["v1.0"], ["beta"]):
        names = names[1:]
    for kind, known in sorted(PATHS.items(), key=lambda each: -len(each[1])):
        begin = known.split("/")
        if [each.lower() for each in names[: len(begin)]] == [each.lower() for each in begin]:
            return "/".join([f"{tenant_id}/providers/{kind}", *names[len(begin) :]])
    return ""


def wrapped(document: str, found: Any) -> dict[str, Any]:
    """Return an object of Graph as the body of a document."""
    name = ids.name_of(document)
    return {"id": document, "name": name, "type": ids.type_of(document), "properties": found}
