"""Turn a request's body into a stored document: merge it, add its id and the provider's defaults."""

import copy
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.core.documents import Body, View
from sandbox.core.paths import DIAGNOSTICS, GROUP, SUBSCRIPTION, TAGS, Place, parse
from sandbox.core.people import TENANT
from sandbox.providers import compute_rules, cosmos_rules, healthcare_rules, sql_rules
from sandbox.providers.defender_rules import PLAN, fill_plan
from sandbox.providers.network_rules import (
    SECURITY_GROUP,
    VNET,
    fill_network,
    fill_security_group,
)
from sandbox.providers.storage_rules import (
    ACCOUNT,
    CONTAINER,
    check_account,
    check_container,
    fill_account,
    fill_container,
    implied_services,
)
from sandbox.providers.vault_rules import VAULT, check_vault, fill_vault


def merged(method: str, before: Body | None, body: Body, place: Place) -> Body:
    """Return a document after a PUT or PATCH."""
    if place.type_key == TAGS:
        return _merged_tags(method, before, body)
    if method == "PUT" or before is None:
        return copy.deepcopy(body)
    whole: Body = merge(before, body)
    return whole | {"tags": body["tags"]} if "tags" in body else whole


def merge(before: Any, patch: Any) -> Any:
    """Return a document with a JSON merge patch applied."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    whole = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            whole.pop(name, None)
        else:
            whole[name] = merge(whole.get(name), value)
    return whole


def _merged_tags(method: str, before: Body | None, body: Body) -> Body:
    given = dict((body.get("properties") or {}).get("tags") or {})
    there = dict(((before or {}).get("properties") or {}).get("tags") or {})
    operation = str(body.get("operation", "Merge")).lower() if method == "PATCH" else "replace"
    if operation == "merge":
        given = there | given
    elif operation == "delete":
        given = {name: value for name, value in there.items() if name not in given}
    return {"properties": {"tags": given}}


def _identified(place: Place, before: Body | None, body: Body) -> Body:
    path = place.path.lower() if place.type_key == DIAGNOSTICS else place.path
    own = before or {"id": path, "name": place.name, "type": place.type}
    kept = {"id": own["id"], "name": own["name"], "type": own.get("type") or place.type}
    return {**body, **kept}


def filled(view: View, place: Place, change: tuple[Body | None, Body], now: datetime) -> Body:
    """Return the stored form of (before, given): with its id and its provider's defaults."""
    before, given = change
    body = _identified(place, before, given)
    match place.type_key:
        case type_key if type_key == ACCOUNT:
            check_account(body)
            return fill_account(body, place.name, now)
        case type_key if type_key == CONTAINER:
            check_container(view, place, body)
            return fill_container(body, now)
        case type_key if type_key == SECURITY_GROUP:
            return fill_security_group(body, before)
        case type_key if type_key == VAULT:
            check_vault(body, before)
            return fill_vault(body, place.name, before)
        case type_key if type_key in _BY_ITSELF:
            return _BY_ITSELF[type_key](place, body, now)
        case type_key if type_key in compute_rules.TYPES:
            return compute_rules.filled(view, (before, body), now)
        case _:
            sql_rules.check(view, place, body)
            return {"properties": {}, **sql_rules.fill(place, body, now)}


_BY_ITSELF: Final[Mapping[str, Callable[[Place, Body, datetime], Body]]] = {
    PLAN: lambda _, body, now: fill_plan(body, now),
    VNET: lambda _, body, __: fill_network(body),
    cosmos_rules.ACCOUNT: lambda place, body, _: cosmos_rules.fill_account(place, body),
    **dict.fromkeys(
        healthcare_rules.SERVICES, lambda place, body, _: healthcare_rules.fill_service(place, body)
    ),
}
"""A provider's defaults for a document that depends on no other document and no earlier version."""


def as_shown(place: Place, body: Body) -> Body:
    """Return a document as a read shows it.

    Azure Monitor names a diagnostic setting of a subscription by another provider, without a type:
    https://learn.microsoft.com/rest/api/monitor/subscription-diagnostic-settings/list
    """
    if place.type_key != DIAGNOSTICS or "/providers/" in place.above.lower():
        return body
    own = f"{place.above.lstrip('/')}/providers/AzureResourceManager/diagnosticSettings"
    return {**body, "id": f"{own}/{body.get('name')}", "type": None}


def implied(place: Place, whole: Body) -> Iterator[Body]:
    """Yield the documents that Azure creates with a new one."""
    if place.type_key == ACCOUNT:
        yield from implied_services(whole)
    yield from sql_rules.implied(whole, place)


def containers(place: Place) -> list[Place]:
    """Return the subscription and the group of a place."""
    names = place.path.split("/")
    ids = ["/".join(names[:3])] + (["/".join(names[:5])] if len(names) > 4 else [])
    above = [parse(each) for each in ids if each != place.path]
    return [each for each in above if each.type in (SUBSCRIPTION, GROUP)]


def container(place: Place) -> Body:
    """Return a plain group or subscription."""
    if place.type == GROUP:
        return {
            "id": place.path,
            "name": place.name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": "eastus",
            "tags": {},
            "properties": {"provisioningState": "Succeeded"},
        }
    return {
        "id": place.path,
        "subscriptionId": place.name,
        "tenantId": TENANT,
        "displayName": f"Subscription {place.name[:8]}",
        "state": "Enabled",
        "subscriptionPolicies": {"spendingLimit": "Off", "quotaId": "PayAsYouGo_2014-09-01"},
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": {},
    }
