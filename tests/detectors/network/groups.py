"""Network security groups as ARM shows them, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from drift import ids
from drift.estate import Baseline, Scope
from drift.model import Resource

GROUP_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/clinic"
    "/providers/Microsoft.Network/networkSecurityGroups/front"
)
SUBNET = {
    "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/clinic"
    "/providers/Microsoft.Network/virtualNetworks/clinic/subnets/front"
}

_PROPERTIES: dict[str, Any] = {
    "access": "Allow",
    "direction": "Inbound",
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourceAddressPrefixes": [],
    "sourcePortRange": "*",
    "sourcePortRanges": [],
    "destinationAddressPrefix": "*",
    "destinationAddressPrefixes": [],
    "destinationPortRange": "22",
    "destinationPortRanges": [],
}


class Estate:
    """The surroundings of a group: no resources, but approved networks."""

    def __init__(self, *approved: str) -> None:
        self.baseline = Baseline(approved_networks=approved)
        self.phi = True
        self.former_tag = ""
        self.tagged = Scope(True, "for the test")
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def get(self, resource_id: str) -> Resource | None:
        kind = ids.type_of(resource_id)
        assert kind == ids.GROUP or kind.startswith("microsoft.network/virtualnetworks")
        return None

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        raise AssertionError(resource_id)

    def holds_phi(self, machine: Resource, /) -> bool | None:
        raise AssertionError(machine.id)

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        raise AssertionError(resource_id)


def rule(name: str, priority: object, **properties: Any) -> dict[str, Any]:
    """Return an Allow of TCP 22 from anywhere, except for the given properties."""
    return {
        "id": f"{GROUP_ID}/securityRules/{name}",
        "name": name,
        "properties": {**_PROPERTIES, "priority": priority, **properties},
    }


DEFAULTS = (
    rule(
        "AllowVnetInBound",
        65000,
        protocol="*",
        sourceAddressPrefix="VirtualNetwork",
        destinationAddressPrefix="VirtualNetwork",
        destinationPortRange="*",
    ),
    rule(
        "AllowAzureLoadBalancerInBound",
        65001,
        protocol="*",
        sourceAddressPrefix="AzureLoadBalancer",
        destinationPortRange="*",
    ),
    rule("DenyAllInBound", 65500, access="Deny", protocol="*", destinationPortRange="*"),
)


def group(rules: Sequence[object], **properties: Any) -> Resource:
    """Return a group with these rules, on one subnet."""
    body = {
        "id": GROUP_ID,
        "type": "Microsoft.Network/networkSecurityGroups",
        "properties": {
            "securityRules": list(rules),
            "defaultSecurityRules": list(DEFAULTS),
            "subnets": [SUBNET],
            **properties,
        },
    }
    return Resource(GROUP_ID, "microsoft.network/networksecuritygroups", body)
