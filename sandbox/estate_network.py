"""The clinic's network: administration through the bastion only."""

from collections.abc import Iterator
from typing import Final

from sandbox.documents import Body
from sandbox.estate_ids import (
    APP_GROUP,
    DATA_GROUP,
    INTERFACE,
    MACHINE,
    PHI_TAGS,
    VNET,
    resource,
)
from sandbox.network_rules import fill_security_group

_BASTION: Final = "10.20.3.0/26"


def security_rule(
    name: str, priority: int, source: str, port: str, *, access: str = "Allow"
) -> Body:
    """Return an inbound TCP rule as it stands in a group's ``securityRules``."""
    return {
        "name": name,
        "properties": {
            "provisioningState": "Succeeded",
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "destinationPortRange": port,
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": "*",
            "access": access,
            "priority": priority,
            "direction": "Inbound",
            "sourcePortRanges": [],
            "destinationPortRanges": [],
            "sourceAddressPrefixes": [],
            "destinationAddressPrefixes": [],
        },
    }


def network() -> Iterator[Body]:
    """Yield security groups, a virtual network, and a machine's interface."""
    web = security_rule("AllowHttps", 100, "Internet", "443")
    bastion = security_rule("AllowSshFromBastion", 110, _BASTION, "22")
    closed = security_rule("DenyAdminPorts", 200, "*", "22", access="Deny")
    yield _group(APP_GROUP, [web, bastion, closed], "subnets", f"{VNET}/subnets/app")
    sql = security_rule("AllowSqlFromApp", 100, "10.20.1.0/24", "1433")
    yield _group(DATA_GROUP, [sql, bastion], "networkInterfaces", INTERFACE)
    yield _virtual_network()
    yield _interface()


def _group(path: str, rules: list[Body], used_as: str, user: str) -> Body:
    body = resource(path, "Microsoft.Network/networkSecurityGroups", tags=PHI_TAGS)
    properties = {"securityRules": rules, used_as: [{"id": user}]}
    return fill_security_group(body | {"properties": properties})


def _virtual_network() -> Body:
    subnets = (
        ("app", "10.20.1.0/24", APP_GROUP),
        ("data", "10.20.2.0/24", ""),
        ("AzureBastionSubnet", _BASTION, ""),
    )
    body = resource(VNET, "Microsoft.Network/virtualNetworks")
    return body | {
        "properties": {
            "provisioningState": "Succeeded",
            "addressSpace": {"addressPrefixes": ["10.20.0.0/16"]},
            "subnets": [_subnet(*each) for each in subnets],
            "enableDdosProtection": False,
        }
    }


def _subnet(name: str, prefix: str, group: str) -> Body:
    guarded = {"networkSecurityGroup": {"id": group}} if group else {}
    return {
        "id": f"{VNET}/subnets/{name}",
        "name": name,
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": {"provisioningState": "Succeeded", "addressPrefix": prefix, **guarded},
    }


def _interface() -> Body:
    body = resource(INTERFACE, "Microsoft.Network/networkInterfaces")
    address = {
        "name": "ipconfig1",
        "id": f"{INTERFACE}/ipConfigurations/ipconfig1",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": "10.20.2.4",
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": f"{VNET}/subnets/data"},
            "primary": True,
            "privateIPAddressVersion": "IPv4",
        },
    }
    return body | {
        "properties": {
            "provisioningState": "Succeeded",
            "ipConfigurations": [address],
            "networkSecurityGroup": {"id": DATA_GROUP},
            "virtualMachine": {"id": MACHINE},
            "enableIPForwarding": False,
        }
    }
