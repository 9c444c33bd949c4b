"""Microsoft Graph: the objects of a tenant that a monitor reads, in pages and for granted roles."""

import ssl
from typing import Any, Final
from urllib.parse import quote

from sandbox.arm.resources import Cloud
from sandbox.core.documents import Body
from sandbox.core.people import TENANT
from sandbox.http.endpoint import Endpoint
from sandbox.http.messages import Answer, Refused, Request, json_answer
from sandbox.identity.identity import Tokens

_AUDIENCES: Final = frozenset(
    {
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    }
)

_KINDS: Final = {
    "identity/conditionalaccess/policies": ("conditionalAccessPolicies", "Policy.Read.All"),
    "policies/authenticationstrengthpolicies": (
        "authenticationStrengthPolicies",
        "Policy.Read.All",
    ),
    "policies": ("policies", "Policy.Read.All"),
    "rolemanagement/directory/roleassignments": (
        "roleAssignments",
        "RoleManagement.Read.Directory",
    ),
    "rolemanagement/directory/roleeligibilityscheduleinstances": (
        "roleEligibilityScheduleInstances",
        "RoleManagement.Read.Directory",
    ),
    "users": ("users", "User.Read.All"),
    "groups": ("groups", "GroupMember.Read.All"),
    "identitygovernance/accessreviews/definitions": ("accessReviews", "AccessReview.Read.All"),
}
"""The type of the documents at each path, and the least application role that reads them."""

_DEFAULTS: Final = "identitysecuritydefaultsenforcementpolicy"
_PLAIN_USER: Final = ("id", "displayName", "userPrincipalName")
_MOST_ON_A_PAGE: Final = 999


class Graph(Endpoint):
    """Answers lists and single objects of v1.0; objects are documents of the cloud, below the tenant.

    ``roles`` are the application roles that were granted to every caller, ``licences`` the service
    plans of the tenant.
    """

    def __init__(self, cloud: Cloud, tokens: Tokens, *, tls: ssl.SSLContext) -> None:
        super().__init__(cloud.clock, tls)
        self.roles = {role for _, role in _KINDS.values()}
        self.licences = {"AAD_PREMIUM", "AAD_PREMIUM_P2"}
        self.page_size = 100
        self._cloud = cloud
        self._tokens = tokens

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        self._tokens.check(request, _AUDIENCES | {self.base_url})
        version, _, path = request.path.strip("/").partition("/")
        found = _place(path) if version == "v1.0" and request.method == "GET" else None
        if found is None:
            raise Refused(404, "ResourceNotFound", "Resource not found for the segment.")
        kind, role, rest = found
        if role not in self.roles:
            raise Refused(403, "Authorization_RequestDenied", _DENIED)
        if kind == "accessReviews" and "AAD_PREMIUM_P2" not in self.licences:
            raise Refused(403, "NoLicense", "Tenant does not meet license requirement.")
        if kind.startswith("roleEligibility") and "AAD_PREMIUM_P2" not in self.licences:
            raise Refused(400, "AadPremiumLicenseRequired", "The tenant needs a license.")
        below = f"/tenants/{TENANT}/providers/microsoft.graph/{'/'.join([kind, *rest])}"
        is_list = len(rest) % 2 == 0
        body = self._list(request, kind, below) if is_list else self._one(request, kind, below)
        return json_answer(200, body)

    def _one(self, request: Request, kind: str, path: str) -> Body:
        body = self._cloud.documents.view().get(path)
        if body is None and path.lower().endswith(f"/policies/{_DEFAULTS}"):
            body = {
                "properties": {"id": "00000000-0000-0000-0000-000000000005", "isEnabled": False}
            }
        if body is None:
            name = path.rpartition("/")[2]
            message = (
                f"Resource '{name}' does not exist or one of its queried references is absent."
            )
            raise Refused(404, "Request_ResourceNotFound", message)
        shown: Body = _selected(request, kind, dict(body["properties"]))
        return {"@odata.context": f"{self.base_url}/v1.0/$metadata#{kind}/$entity", **shown}

    def _list(self, request: Request, kind: str, path: str) -> Body:
        """Return a page; without a P1 licence the list of conditional access policies is empty."""
        view, prefix = self._cloud.documents.view(), f"{path.lower()}/"
        names = [key for key, _ in view.below(prefix) if "/" not in key.removeprefix(prefix)]
        if kind == "conditionalAccessPolicies" and "AAD_PREMIUM" not in self.licences:
            names = []
        start = int(request.query.get("$skiptoken", "0"))
        asked = request.query.get("$top", "")
        size = min(int(asked), _MOST_ON_A_PAGE) if asked.isdigit() else self.page_size
        size = min(size, self.page_size)
        page = [view.get(each) or {} for each in names[start : start + size]]
        body: Body = {
            "@odata.context": f"{self.base_url}/v1.0/$metadata#{kind}",
            "value": [_selected(request, kind, dict(each["properties"])) for each in page],
        }
        if len(names) > start + size:
            query = f"$skiptoken={start + size}" + (f"&$top={asked}" if asked else "")
            body["@odata.nextLink"] = f"{self.base_url}{quote(request.path)}?{query}"
        return body


_DENIED: Final = "Insufficient privileges to complete the operation."


def _place(path: str) -> tuple[str, str, list[str]] | None:
    """Return the type, the role and the names below a path of Graph, None for another path."""
    names = [each for each in path.split("/") if each]
    for known, (kind, role) in _KINDS.items():
        begin = known.split("/")
        if [each.lower() for each in names[: len(begin)]] == begin:
            return kind, role, names[len(begin) :]
    return None


def _selected(request: Request, kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the selected properties; a user has only a few by default."""
    asked = request.query.get("$select", "")
    names = asked.split(",") if asked else list(_PLAIN_USER) if kind == "users" else []
    return {name: found[name] for name in names if name in found} if names else found
