"""Lists of resources from Azure Resource Graph and from ARM; an incomplete answer raises."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from azure.core.rest import HttpRequest

from adapters.arm.answers import NOT_ARM
from adapters.arm.graph_pages import Ask, Position, page_from
from adapters.arm.reader import ArmReader
from drift import ids
from drift.errors import SourceUnavailable
from drift.ports import Page, Reading

API_VERSION: Final = "2022-10-01"

LIST_VERSION: Final = "2021-04-01"
"""The api-version of ARM's own lists of resources and of groups."""

MAX_ROWS: Final = 1000
"""The most rows in a page:
https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data"""

TRUNCATED: Final = "ResultTruncated"
"""The code of a page without a next-page token although more rows exist."""

_OK: Final = 200
_NAME: Final = re.compile(r"[\w.()-]{1,90}")
_TYPE: Final = re.compile(r"[a-z0-9.]+(/[a-z0-9]+)+")

_COLUMNS: Final = (
    *("id", "name", "type", "location", "kind", "sku", "identity", "managedBy", "zones"),
    *("tags", "plan", "properties"),
)
_CONTAINER_COLUMNS: Final = ("id", "name", "type", "tenantId", "managedBy", "tags")
"""The columns that controls need of a group or a subscription; such a row is used as the document."""
_TYPES_QUERY: Final = "{table}\n| where type in~ ({types})\n"
_CONTAINERS_QUERY: Final = (
    "resourcecontainers\n"
    f"| where type =~ '{ids.SUBSCRIPTION}' or (type =~ '{ids.GROUP}' and name in~ ({{names}}))\n"
)
_NAME_QUERY: Final = "resources\n| where type =~ '{kind}' and name =~ '{name}'\n"
_CONTAINER_TYPES: Final = frozenset({ids.SUBSCRIPTION, ids.GROUP})


class ResourceGraph:
    """Implements ``drift.ports.Inventory`` over the session that reads ARM."""

    def __init__(self, arm: ArmReader, *, endpoint: str) -> None:
        self._arm = arm
        self._endpoint = endpoint.rstrip("/")
        path = "providers/Microsoft.ResourceGraph/resources"
        self._address = f"{self._endpoint}/{path}?api-version={API_VERSION}"

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        """Return one page of these types; raise SourceUnavailable.

        A page that is too large, or malformed, is asked for again with half of its rows.
        """
        table = "resourcecontainers" if _CONTAINER_TYPES.issuperset(types) else "resources"
        kinds = _quoted(each for each in types if _TYPE.fullmatch(each))
        query = _TYPES_QUERY.format(table=table, types=kinds)

        def asking_for(*columns: str) -> Ask:
            asked = _with_columns(query, columns)
            return lambda options: self._ask(subscription, asked, options)

        position = Position.parse(after, _source_of(subscription))
        size = max(1, min(size, MAX_ROWS))
        return page_from(asking_for(*_COLUMNS), asking_for("id"), position, size)

    def members(self, subscription: str) -> tuple[str, ...]:
        """Return the id of every resource of a subscription; raise SourceUnavailable.

        https://learn.microsoft.com/rest/api/resources/resources/list
        """
        return self._ids(subscription, f"/subscriptions/{subscription}/resources")

    def groups(self, subscription: str) -> tuple[str, ...]:
        """Return the id of every resource group of a subscription that itself answers.

        https://learn.microsoft.com/rest/api/resources/resource-groups/list
        """
        home = f"/subscriptions/{subscription}"
        answer = self._arm.get(home)
        if answer.body is None:
            raise SourceUnavailable(home, 404, answer.code)
        return self._ids(subscription, f"{home}/resourcegroups")

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        """Return the subscription and these groups with their tags; raise SourceUnavailable."""
        names = [each for each in groups if _NAME.fullmatch(each)][: MAX_ROWS - 1]
        query = _CONTAINERS_QUERY.format(names=_quoted(names or ["-"]))
        return self._ask(subscription, _with_columns(query, _CONTAINER_COLUMNS), {"$top": MAX_ROWS})

    def find(self, unique_name: str) -> Reading:
        """Return id, name and type of the one resource with this type and name, in any subscription.

        The body is None where no subscription that the identity may read has one. Raise SourceUnavailable.
        """
        kind, name = ids.type_of(unique_name), ids.name_of(unique_name)
        if not _TYPE.fullmatch(kind) or not _NAME.fullmatch(name):
            raise SourceUnavailable(unique_name, 400, "InvalidResourceId")
        query = _with_columns(
            _NAME_QUERY.format(kind=kind, name=name.lower()), ("id", "name", "type")
        )
        answer, at = self._query(unique_name, {"query": query}, {"$top": 1})
        rows = _rows(unique_name, answer)
        if not rows:
            return Reading(None, at, "ResourceNotFound")
        found = rows[0].get("id")
        if not isinstance(found, str) or _named(found) != (kind, name.lower()):
            raise SourceUnavailable(unique_name, _OK, NOT_ARM)
        return Reading(rows[0], at)

    def _ids(self, subscription: str, what: str) -> tuple[str, ...]:
        address = f"{self._endpoint}{what}?api-version={LIST_VERSION}"
        answer = self._arm.listed(what, address)
        if answer.items is None:
            raise SourceUnavailable(what, 404, answer.code)
        if not all(_is_in_subscription(each.get("id"), subscription) for each in answer.items):
            raise SourceUnavailable(what, _OK, NOT_ARM)
        return tuple(each["id"] for each in answer.items)

    def _ask(self, subscription: str, query: str, options: Mapping[str, Any]) -> Page:
        what = _source_of(subscription)
        scope = {"subscriptions": [subscription], "query": query}
        answer, at = self._query(what, scope, options)
        rows = _rows(what, answer)
        if not all(_is_in_subscription(each.get("id"), subscription) for each in rows):
            raise SourceUnavailable(what, _OK, NOT_ARM)
        first = not options.keys() & {"$skipToken", "$skip"}
        return Page(rows, at, _next(what, answer, first=first))

    def _query(
        self, what: str, query: Mapping[str, Any], options: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], datetime]:
        """Return the answer to a query and its date; without subscriptions it covers all readable ones.

        https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources
        """
        body = {**query, "options": {**options, "resultFormat": "objectArray"}}
        answer = self._arm.send(what, HttpRequest("POST", self._address, json=body))
        if answer.body is None:
            raise SourceUnavailable(what, 404, answer.code)
        return answer.body, answer.at


def _source_of(subscription: str) -> str:
    return f"/subscriptions/{subscription}/providers/Microsoft.ResourceGraph/resources"


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in texts)


def _with_columns(query: str, columns: Sequence[str]) -> str:
    """Add columns and order to a query; paging is complete only with the column ``id`` and this order."""
    return f"{query}| project {', '.join(columns)}\n| order by id asc"


def _rows(what: str, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    rows = body.get("data")
    if not isinstance(rows, list) or body.get("count") != len(rows):
        raise SourceUnavailable(what, _OK, NOT_ARM)
    if not all(isinstance(each, dict) for each in rows):
        raise SourceUnavailable(what, _OK, NOT_ARM)
    return tuple(rows)


def _named(resource_id: str) -> tuple[str, str]:
    """Return the type and the name of an id below a subscription, empty texts of any other."""
    if not ids.is_id(resource_id) or not ids.subscription_of(resource_id):
        return "", ""
    return ids.type_of(resource_id), ids.name_of(resource_id).lower()


def _is_in_subscription(resource_id: object, subscription: str) -> bool:
    if not isinstance(resource_id, str) or not ids.is_id(resource_id):
        return False
    return ids.subscription_of(resource_id) == subscription.lower()


def _next(what: str, body: Mapping[str, Any], *, first: bool) -> str:
    """Return the token of the next page; only the token shows whether there is one.

    ``resultTruncated`` is false on ordinary pages, even if more follow. It is true only if more rows
    exist and no token leads to them.
    """
    token = body.get("$skipToken")
    if isinstance(token, str) and token:
        return token
    total, count = body.get("totalRecords"), body.get("count")
    is_cut = str(body.get("resultTruncated", "false")).lower() != "false"
    if is_cut or (first and total != count):
        raise SourceUnavailable(what, _OK, TRUNCATED)
    return ""
