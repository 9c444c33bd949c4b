"""What the Network resource provider does: rules and subnets live inside their parents."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.core.documents import Body, View
from sandbox.core.paths import Place, parse

SECURITY_GROUP: Final = "microsoft.network/networksecuritygroups"
VNET: Final = "microsoft.network/virtualnetworks"
PEERING: Final = f"{VNET}/virtualnetworkpeerings"
INTERFACE: Final = "microsoft.network/networkinterfaces"

INLINE: Final = {
    f"{SECURITY_GROUP}/securityrules": "securityRules",
    f"{VNET}/subnets": "subnets",
    PEERING: "virtualNetworkPeerings",
}
"""Child types that are kept in a property of their parent."""


def inline_children(parent: Body, field: str, type_name: str) -> Iterator[Body]:
    """Yield the children kept in a parent's property, as their own GET shows them."""
    for each in (parent.get("properties") or {}).get(field) or []:
        name = each.get("name", "")
        own = {"id": f"{parent['id']}/{field}/{name}", "name": name, "type": type_name}
        yield own | each


def with_inline(parent: Body, place: Place, child: Body | None) -> Body:
    """Return the parent with the child put, replaced or (None) removed."""
    field = INLINE[place.type_key]
    properties: dict[str, Any] = dict(parent.get("properties") or {})
    others = [
        each
        for each in properties.get(field) or []
        if str(each.get("name", "")).lower() != place.name.lower()
    ]
    properties[field] = others if child is None else [*others, child]
    return parent | {"properties": properties}


def in_use(group: Body) -> bool:
    """Tell whether a subnet or an interface uses a security group."""
    properties = group.get("properties") or {}
    return bool(properties.get("subnets") or properties.get("networkInterfaces"))


def fill_security_group(body: Body, before: Body | None = None) -> Body:
    """Return a group with its default rules, with ids on its own, and used by whom it was used."""
    properties = dict(body.get("properties") or {})
    known = (before or {}).get("properties") or {}
    read_only = ("subnets", "networkInterfaces", "defaultSecurityRules")
    properties |= {field: known[field] for field in read_only if field in known}
    properties["provisioningState"] = "Succeeded"
    properties["securityRules"] = [
        _rule(body["id"], rule) for rule in properties.get("securityRules") or []
    ]
    properties.setdefault("defaultSecurityRules", list(_default_rules(body["id"])))
    return body | {"properties": properties}


def fill_network(body: Body) -> Body:
    """Return a network with ids on its subnets: ARM answers with them, also where a PUT had none."""
    properties = dict(body.get("properties") or {})
    if "subnets" in properties:
        properties["subnets"] = [_subnet(body["id"], each) for each in properties["subnets"] or []]
    return body | {"properties": properties}


def _subnet(network: str, subnet: Body) -> Body:
    filled = {
        "id": f"{network}/subnets/{subnet.get('name', '')}",
        "type": "Microsoft.Network/virtualNetworks/subnets",
    }
    properties = {"provisioningState": "Succeeded", **(subnet.get("properties") or {})}
    return filled | subnet | {"properties": properties}


def _rule(group: str, rule: Body) -> Body:
    filled = {
        "id": f"{group}/securityRules/{rule.get('name', '')}",
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
    }
    properties = {"provisioningState": "Succeeded", **(rule.get("properties") or {})}
    return filled | rule | {"properties": properties}


def _default_rules(group: str) -> Iterator[Body]:
    table = (
        ("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
        ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
        ("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
        ("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
        ("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
        ("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
    )
    for name, priority, direction, access, source, destination in table:
        yield {
            "id": f"{group}/defaultSecurityRules/{name}",
            "name": name,
            "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
            "properties": {
                "provisioningState": "Succeeded",
                "protocol": "*",
                "sourcePortRange": "*",
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": destination,
                "access": access,
                "priority": priority,
                "direction": direction,
                "sourcePortRanges": [],
                "destinationPortRanges": [],
                "sourceAddressPrefixes": [],
                "destinationAddressPrefixes": [],
            },
        }


def matters_to_groups(place: Place) -> bool:
    """Tell whether a write may attach or detach a security group."""
    return place.type_key in (VNET, f"{VNET}/subnets", INTERFACE)


def refreshed_groups(view: View, subscription: str) -> Iterator[Body]:
    """Yield each security group whose ``subnets`` or ``networkInterfaces`` are out of date."""
    bodies = [body for _, body in view.below(f"/subscriptions/{subscription}/")]
    users = [user for body in bodies for user in _users(body)]
    for body in bodies:
        if parse(body.get("id", "")).type_key != SECURITY_GROUP:
            continue
        properties = dict(body.get("properties") or {})
        for field in ("subnets", "networkInterfaces"):
            mine = [
                {"id": user}
                for user, group in users
                if group == body["id"].lower() and f"/{field.lower()}/" in user.lower()
            ]
            properties.pop(field, None)
            properties |= {field: mine} if mine else {}
        if properties != body.get("properties"):
            yield body | {"properties": properties}


def _users(body: Body) -> Iterator[tuple[str, str]]:
    """Yield (id of a subnet or interface, key of its security group)."""
    kind = parse(body.get("id", "")).type_key
    if kind == VNET:
        for subnet in inline_children(body, "subnets", ""):
            yield from _user(subnet)
    elif kind == INTERFACE:
        yield from _user(body)


def _user(body: Body) -> Iterator[tuple[str, str]]:
    group = ((body.get("properties") or {}).get("networkSecurityGroup") or {}).get("id")
    if group:
        yield body["id"], group.lower()
