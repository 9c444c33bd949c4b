"""Azure Resource Manager over HTTPS: the answers and refusals of management.azure.com."""

import base64
import re
import ssl
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from sandbox.arm.lookup import collect, find
from sandbox.arm.metrics import METRICS, TransactionMetrics
from sandbox.arm.normalise import as_shown
from sandbox.arm.replicas import Replicas
from sandbox.arm.resource_graph import PATH as RESOURCE_GRAPH
from sandbox.arm.resource_graph import ResourceGraph
from sandbox.arm.resources import Cloud
from sandbox.arm.roles import Roles
from sandbox.arm.throttle import Throttle
from sandbox.core.arm_errors import forbidden
from sandbox.core.documents import Body
from sandbox.core.paths import DIAGNOSTICS, TAGS, Kind, Place, parse
from sandbox.core.people import TENANT, Actor, Role
from sandbox.http.endpoint import Endpoint, read_json
from sandbox.http.messages import Answer, Refused, Request, json_answer
from sandbox.identity.identity import Tokens
from sandbox.providers.network_rules import INLINE
from sandbox.providers.vault_rules import check_version

_AUDIENCES: Final = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn",
    }
)
_API_VERSION: Final = re.compile(r"20(1\d|2[0-6])-[01]\d-[0-3]\d(-[a-z.0-9]+)?", re.IGNORECASE)
_DIAGNOSTICS_VERSIONS: Final = (
    "2015-07-01",
    "2016-09-01",
    "2017-05-01-preview",
    "2020-01-01-preview",
    "2021-05-01-preview",
)
_TENANT: Final = {
    "id": f"/tenants/{TENANT}",
    "tenantId": TENANT,
    "countryCode": "US",
    "displayName": "Lakeside Clinic",
    "domains": ["lakeside-clinic.example", "lakesideclinic.onmicrosoft.com"],
    "tenantType": "AAD",
}
_PLAIN_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


class Arm(Endpoint):
    """GET, PUT, PATCH and DELETE of any id, lists, and POST actions, for bearers of a token."""

    def __init__(
        self,
        cloud: Cloud,
        tokens: Tokens,
        replicas: Replicas,
        throttle: Throttle,
        *,
        tls: ssl.SSLContext,
    ) -> None:
        super().__init__(cloud.clock, tls)
        self.cloud = cloud
        self.replicas = replicas
        self.throttle = throttle
        self.roles = Roles(cloud.clock)
        quota = 15 if throttle.limits else None
        self.resource_graph = ResourceGraph(cloud, self.roles, quota=quota)
        self.metrics = TransactionMetrics()
        self.page_size = 1000
        self.updating_seconds = 0.0
        self._tokens = tokens
        self._ids = 0

    def stale(self, match: str = "", *, times: int = 1) -> None:
        """Let the next reads of matching paths miss the last write: an older body, or a 404."""
        self.replicas.hold_back(match, times)

    def clear(self) -> None:
        """Remove all faults and stale reads."""
        super().clear()
        self.replicas.clear()

    def identity(self, request: Request) -> str:
        """Return the name of the caller."""
        grant = self._tokens.whose(request.headers.get("authorization", ""))
        return grant.actor.caller if grant else ""

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal with the headers that every answer of ARM carries."""
        answer = refused.answer()
        headers = {**_PLAIN_HEADERS, **self._trace(), **answer.headers}
        return Answer(status=answer.status, body=answer.body, headers=headers)

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        actor = self._tokens.check(request, _AUDIENCES | {self.base_url})
        if request.path.lower().rstrip("/") == RESOURCE_GRAPH:
            return self.resource_graph.answer(request, actor)
        place = _place(request)
        _check_api_version(request, place)
        check_version(place.namespace, request.query["api-version"], self.clock())
        _check_role(request, place, actor)
        self._check_readable(place, actor)
        left = self.throttle.take(request.method, place, actor)
        status, body = self._handle(request, place, actor)
        correlation = request.headers.get("x-ms-correlation-request-id", "")
        headers = {**_PLAIN_HEADERS, **left, **self._trace(correlation)}
        if body is None:
            return Answer(status=status, headers=headers)
        return json_answer(status, body, headers)

    def _handle(self, request: Request, place: Place, actor: Actor) -> tuple[int, Body | None]:
        correlation = request.headers.get("x-ms-correlation-request-id", "")
        match request.method:
            case "GET" | "HEAD":
                return 200, self._read(request, place, actor)
            case "PUT":
                there = self.cloud.documents.view().get(place.path) is not None
                body = self.cloud.put(place.path, _object(request), actor, correlation)
                return (200 if there else _created(place)), body
            case "PATCH":
                return 200, self.cloud.patch(place.path, _object(request), actor, correlation)
            case "DELETE":
                gone = self.cloud.delete(place.path, actor, correlation)
                return (200 if gone else 204), None
            case "POST":
                action = request.path.rstrip("/").rpartition("/")[2]
                if action.lower() == "moveresources":
                    self._move(_object(request), actor, correlation)
                    return 202, None
                self.cloud.act(place.path, action, actor, correlation)
                return 200, {}
            case _:
                raise Refused(405, "MethodNotAllowed")

    def _move(self, asked: Body, actor: Actor, correlation: str) -> None:
        """Move resources at once; Azure takes minutes and returns an address to poll, which is left out."""
        resources, target = asked.get("resources"), asked.get("targetResourceGroup")
        if not isinstance(resources, list) or not resources or not isinstance(target, str):
            raise Refused(
                400, "InvalidRequestContent", "resources and targetResourceGroup are needed."
            )
        self.cloud.move(resources, target, actor, correlation)

    def _check_readable(self, place: Place, actor: Actor) -> None:
        """Refuse a document without a role of the caller; a list of groups or resources omits it instead."""
        scope = place.above if place.kind is not Kind.DOCUMENT else place.path
        if scope and not self.roles.arm_shows(actor, scope):
            raise forbidden(actor, f"{place.type}/read", place.path)

    def _read(self, request: Request, place: Place, actor: Actor) -> Body:
        if place.kind is Kind.PROVIDER:
            return {"namespace": place.name, "registrationState": "Registered", "resourceTypes": []}
        if place.kind is Kind.TENANTS:
            return {"value": [_TENANT]}
        if place.type_key == METRICS:
            find(self.cloud.documents.view(), parse(place.above))
            return self.metrics.answer(place.above, request, self.clock())
        view = self.replicas.view(place.path, _stored_at(place))
        if place.kind is Kind.DOCUMENT:
            return as_shown(place, self._settling(place, find(view, place)))
        items = (b for b in collect(view, place) if self.roles.arm_shows(actor, str(b["id"])))
        shown = [as_shown(place, self._settling(place, b)) for b in items]
        return self._page(request, place, shown)

    def _settling(self, place: Place, body: Body) -> Body:
        """Show a recent write as still in progress, if the test requested that."""
        properties = body.get("properties") or {}
        fresh = self.clock() - timedelta(seconds=self.updating_seconds)
        if "provisioningState" not in properties or not self.updating_seconds:
            return body
        if self.cloud.documents.written(_stored_at(place)) <= fresh:
            return body
        return body | {"properties": properties | {"provisioningState": "Updating"}}

    def _page(self, request: Request, place: Place, items: list[Body]) -> Body:
        asked = request.query.get("$top") or request.query.get("$maxpagesize") or ""
        size = min(self.page_size, int(asked)) if asked.isdigit() and int(asked) else self.page_size
        after = _untoken(request.query.get("$skipToken", ""))
        items = sorted(items, key=lambda body: str(body["id"]).lower())
        rest = [body for body in items if str(body["id"]).lower() > after]
        page: Body = {"value": rest[:size]}
        if len(rest) > size:
            token = _token(str(rest[size - 1]["id"]).lower())
            version = request.query["api-version"]
            page["nextLink"] = (
                f"{self.base_url}{quote(place.path)}?api-version={version}&%24skipToken={token}"
            )
        return page

    def _trace(self, correlation: str = "") -> dict[str, str]:
        self._ids += 1
        own = f"00000000-0000-4000-8000-{self._ids:012d}"
        return {
            "x-ms-request-id": own,
            "x-ms-correlation-request-id": correlation or own,
            "x-ms-routing-request-id": f"EASTUS:{self.clock():%Y%m%dT%H%M%SZ}:{own}",
        }


def _place(request: Request) -> Place:
    path = request.path.rstrip("/")
    place = parse(path.rpartition("/")[0] if request.method == "POST" else path)
    if place.kind is Kind.NOTHING:
        raise Refused(404, "InvalidResourceType", f"The path '{request.path}' is not known.")
    return place


def _check_api_version(request: Request, place: Place) -> None:
    version = request.query.get("api-version", "")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise Refused(400, "MissingApiVersionParameter", message)
    if not _API_VERSION.fullmatch(version):
        raise Refused(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")
    if place.type_key == DIAGNOSTICS and version.lower() not in _DIAGNOSTICS_VERSIONS:
        message = (
            f"No registered resource provider found for location 'global' and API version "
            f"'{version}' for type 'diagnosticSettings'. The supported api-versions are "
            f"'{', '.join(_DIAGNOSTICS_VERSIONS)}'."
        )
        raise Refused(400, "NoRegisteredProviderFound", message)


def _check_role(request: Request, place: Place, actor: Actor) -> None:
    if actor.role is Role.READER and request.method not in ("GET", "HEAD"):
        verb = {"DELETE": "delete", "POST": "action"}.get(request.method, "write")
        raise forbidden(actor, f"{place.type}/{verb}", place.path)


def _object(request: Request) -> Body:
    body = read_json(request)
    if not isinstance(body, dict):
        message = "The request content was invalid and could not be deserialized."
        raise Refused(400, "InvalidRequestContent", message)
    return body


def _created(place: Place) -> int:
    """Return a provider's status for the first PUT: Storage and Insights answer 200."""
    told_200 = ("microsoft.storage", "microsoft.insights", "microsoft.resources")
    return 200 if place.namespace.lower() in told_200 else 201


def _stored_at(place: Place) -> str:
    """Return the id of the document that holds what a read shows."""
    return place.above if place.type_key == TAGS or place.type_key in INLINE else place.path


def _token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _untoken(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:
        raise Refused(400, "InvalidSkipToken", "The $skipToken is not valid.") from None
