"""Azure Resource Graph: a copy of ARM that lags, with other spellings and pages."""

import base64
import json
import math
import threading
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from sandbox.arm.graph_query import Query, parse
from sandbox.arm.resources import Cloud
from sandbox.arm.roles import Roles
from sandbox.core.arm_errors import invalid
from sandbox.core.documents import Body, View
from sandbox.core.paths import GROUP, SUBSCRIPTION, group_of, subscription_of
from sandbox.core.paths import parse as place_of
from sandbox.core.people import TENANT, Actor
from sandbox.http.messages import Answer, Refused, Request, json_answer

PATH: Final = "/providers/microsoft.resourcegraph/resources"

_API_VERSIONS: Final = frozenset(
    {"2019-04-01", "2021-03-01", "2021-06-01-preview", "2022-10-01", "2024-04-01"}
)
_MOST_ROWS: Final = 1000
_MOST_BYTES: Final = 16 * 1024 * 1024
_WINDOW_SECONDS: Final = 5
_TEXTS: Final = frozenset({"kind", "location", "managedBy"})
"""Columns of text, which are empty where ARM shows nothing; the others are null."""

_POLICY_STATES: Final = "microsoft.policyinsights/policystates"

_TRACKED_CHILDREN: Final = frozenset(
    {
        "microsoft.sql/servers/databases",
        "microsoft.sql/managedinstances/databases",
        "microsoft.compute/virtualmachines/extensions",
        "microsoft.healthcareapis/workspaces/fhirservices",
        "microsoft.healthcareapis/workspaces/dicomservices",
    }
)
"""Child types with rows of their own. The state of all other children is not here."""


class ResourceGraph:
    """Answers ``POST /providers/Microsoft.ResourceGraph/resources``.

    ``delay`` is how many seconds its rows lag behind; ``quota`` the queries in five seconds (None:
    any number); ``numeric`` shows booleans in properties as 1 and 0; ``truncates`` cuts a long
    answer off without a token; ``hidden`` are ids that the caller may not read; ``most_bytes`` is
    the size above which a page is refused. A token carries the size of its pages, as in Azure.
    """

    def __init__(self, cloud: Cloud, roles: Roles, *, quota: int | None) -> None:
        self.delay = 0.0
        self.quota = quota
        self.numeric = True
        self.truncates = False
        self.most_bytes = _MOST_BYTES
        self.hidden: set[str] = set()
        self._cloud = cloud
        self._roles = roles
        self._asked: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request, actor: Actor) -> Answer:
        """Answer one query; raise Refused if Resource Graph refuses it."""
        if request.method != "POST":
            raise Refused(405, "MethodNotAllowed")
        if request.query.get("api-version", "") not in _API_VERSIONS:
            message = "The api-version is missing or not supported for type 'resources'."
            raise Refused(400, "NoRegisteredProviderFound", message)
        try:
            headers = self._take_quota(actor)
            return json_answer(200, self._found(_body(request), actor), headers)
        except Refused as refused:
            return _refusal(refused)

    def _take_quota(self, actor: Actor) -> dict[str, str]:
        if self.quota is None:
            return {}
        now = self._cloud.clock().timestamp()
        with self._lock:
            recent = self._asked.setdefault(actor.object_id, deque())
            while recent and recent[0] <= now - _WINDOW_SECONDS:
                recent.popleft()
            resets = max(1, math.ceil((recent[0] if recent else now) + _WINDOW_SECONDS - now))
            after = {"x-ms-user-quota-resets-after": f"00:00:{resets:02d}"}
            if len(recent) >= self.quota:
                message = "Client application has been throttled and should not repeat the request."
                headers = {**after, "x-ms-user-quota-remaining": "0", "Retry-After": str(resets)}
                raise Refused(429, "RateLimiting", message, headers=headers)
            recent.append(now)
            return {**after, "x-ms-user-quota-remaining": str(self.quota - len(recent))}

    def _found(self, body: Body, actor: Actor) -> Body:
        view = self._cloud.documents.view(self._cloud.clock() - timedelta(seconds=self.delay))
        query, options = parse(str(body.get("query"))), body.get("options") or {}
        if options.get("resultFormat") != "objectArray":
            raise invalid("Only the result format objectArray is served here.", "BadRequest")
        scope = _subscriptions(view, body)
        if query.summary:
            return self._summarized(query.summary.of(self._visible(view, scope, query, actor)))
        token = _read_token(str(options.get("$skipToken") or ""))
        size = token["size"] or min(int(options.get("$top") or _MOST_ROWS), _MOST_ROWS)
        shown = self._visible(view, scope, query, actor, after=token["after"])
        rows = ({each: self._column_value(row, each) for each in query.columns} for row in shown)
        skipped = sum(1 for _ in islice(rows, int(options.get("$skip") or 0)))
        data = list(islice(rows, size))
        self._check_size(data)
        more = next(rows, None) is not None
        total = token["total"] or skipped + len(data) + (1 + sum(1 for _ in rows) if more else 0)
        answer: Body = {
            "totalRecords": total,
            "count": len(data),
            "data": data,
            "facets": [],
            "resultTruncated": "true" if more and self.truncates else "false",
        }
        if more and not self.truncates:
            place = {"after": data[-1]["id"].lower(), "total": total, "size": size}
            answer["$skipToken"] = _token(place)
        return answer

    def _summarized(self, data: list[Body]) -> Body:
        """Return the groups of rows; without the column id a long answer has no further pages."""
        shown = data[: len(data) // 2] if self.truncates else data[:_MOST_ROWS]
        return {
            "totalRecords": len(data),
            "count": len(shown),
            "data": shown,
            "facets": [],
            "resultTruncated": str(len(shown) < len(data)).lower(),
        }

    def _check_size(self, data: list[dict[str, Any]]) -> None:
        size = sum(len(json.dumps(each)) for each in data)
        if size > self.most_bytes:
            message = (
                f"Response payload size is {size}, and has exceeded the limit of {self.most_bytes}. "
                "Please consider querying less data at a time and make paginated call if needed."
            )
            raise invalid(message, "ResponsePayloadTooLarge")

    def _visible(
        self, view: View, scope: list[str], query: Query, actor: Actor, *, after: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows that a query keeps and the caller may see, in the order of their ids."""
        for subscription in scope:
            for key in self._cloud.documents.keys(f"/subscriptions/{subscription}"):
                if key <= after or not _is_listed(key, query.table):
                    continue
                body = None if self._is_hidden(key) else view.get(key)
                row = _row(body) if body is not None else None
                if row is None or not query.keeps(row):
                    continue
                if self._roles.graph_shows(actor, str(row["id"])):
                    yield row

    def _is_hidden(self, key: str) -> bool:
        return any(key == each.lower() for each in self.hidden)

    def _column_value(self, row: Body, column: str) -> Any:
        value = row.get(column, "" if column in _TEXTS else None)
        return _numeric(value) if self.numeric and column == "properties" else value


@lru_cache(maxsize=200_000)
def _is_listed(key: str, table: str) -> bool:
    place = place_of(key)
    if place.type_key == _POLICY_STATES:
        return table == "policyresources"
    if place.type.lower() in (SUBSCRIPTION.lower(), GROUP.lower()):
        return table == "resourcecontainers"
    if table != "resources" or "/resourcegroups/" not in key or place.extension:
        return False
    return not place.child or place.type_key in _TRACKED_CHILDREN


def _row(body: Body) -> Body:
    path = str(body["id"])
    return {
        **body,
        "type": place_of(path).type.lower(),
        "name": body.get("name") or path.rpartition("/")[2],
        "resourceGroup": group_of(path).lower(),
        "subscriptionId": subscription_of(path),
        "tenantId": TENANT,
    }


def _numeric(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict):
        return {name: _numeric(each) for name, each in value.items()}
    return [_numeric(each) for each in value] if isinstance(value, list) else value


def _body(request: Request) -> Body:
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("The request is no JSON object.", "BadRequest")
    unknown = body.keys() - {"subscriptions", "query", "options"}
    if unknown:
        raise invalid(f"'{min(unknown)}' is not served here.", "BadRequest")
    return body


def _subscriptions(view: View, body: Body) -> list[str]:
    """Return the subscriptions of a query; one without them covers all that there are.

    https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources
    """
    if "subscriptions" not in body:
        keys = (key for key, _ in view.below("/subscriptions/"))
        return sorted(key.rpartition("/")[2] for key in keys if key.count("/") == 2)
    asked = [str(each).lower() for each in body["subscriptions"] or ()]
    found = [each for each in asked if view.get(f"/subscriptions/{each}") is not None]
    if not found:
        message = "There must be at least one subscription that is eligible to contain resources."
        raise invalid(message, "NoValidSubscriptionsInQueryRequest")
    return sorted(found)


def _refusal(refused: Refused) -> Answer:
    """Return a refusal in Resource Graph's form: the outer code says little, the detail says it."""
    outer = "BadRequest" if refused.status == 400 else refused.code
    detail = {"code": refused.code, "message": refused.message}
    message = "Please provide below info when asking for support: timestamp, correlationId."
    body = {"error": {"code": outer, "message": message, "details": [detail]}}
    return json_answer(refused.status, body, refused.headers)


def _token(place: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read_token(token: str) -> dict[str, Any]:
    if not token:
        return {"after": "", "total": 0, "size": 0}
    try:
        place = json.loads(base64.urlsafe_b64decode(token))
        return {
            "after": str(place["after"]),
            "total": int(place["total"]),
            "size": int(place["size"]),
        }
    except (ValueError, KeyError, TypeError):
        raise invalid("The skip token is invalid.", "InvalidSkipToken") from None
