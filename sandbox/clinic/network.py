"""The clinic's network: administration through the bastion only."""

from collections.abc import Iterator
from typing import Final

from sandbox.clinic.ids import (
    APP_ADDRESS,
    APP_GROUP,
    APP_INTERFACE,
    BASTION,
    BASTION_ADDRESS,
    DATA_GROUP,
    FLOW_LOG,
    INTERFACE,
    MACHINE,
    PHI_TAGS,
    VNET,
    WATCHER,
    WEBSITE,
    WORKSPACE,
    resource,
)
from sandbox.core.documents import Body
from sandbox.providers.network_rules import fill_security_group

_BASTION: Final = "10.20.3.0/26"
_BASTION_SUBNET: Final = "AzureBastionSubnet"


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
    data = _group(DATA_GROUP, [sql, bastion, _nobody_else_inside()], "networkInterfaces", INTERFACE)
    data["properties"]["subnets"] = [{"id": f"{VNET}/subnets/data"}]
    yield data
    yield _virtual_network()
    yield from _bastion()
    yield from _flow_log()
    yield _interface(INTERFACE, "data", "10.20.2.4", group=DATA_GROUP, machine=MACHINE)
    yield _interface(APP_INTERFACE, "app", "10.20.1.4", address=APP_ADDRESS)
    yield _public_address(APP_ADDRESS, "20.62.14.20", f"{APP_INTERFACE}/ipConfigurations/ipconfig1")


def _nobody_else_inside() -> Body:
    """Return the rule that keeps administrators to the bastion."""
    rule = security_rule("DenyAdminPortsInside", 4000, "VirtualNetwork", "", access="Deny")
    ports = {"protocol": "*", "destinationPortRanges": ["22", "3389"]}
    return rule | {"properties": rule["properties"] | ports}


def _group(path: str, rules: list[Body], used_as: str, user: str) -> Body:
    body = resource(path, "Microsoft.Network/networkSecurityGroups", tags=PHI_TAGS)
    properties = {"securityRules": rules, used_as: [{"id": user}]}
    return fill_security_group(body | {"properties": properties})


def _virtual_network() -> Body:
    subnets = (
        ("app", "10.20.1.0/24", APP_GROUP, f"{APP_INTERFACE}/ipConfigurations/ipconfig1"),
        ("data", "10.20.2.0/24", DATA_GROUP, f"{INTERFACE}/ipConfigurations/ipconfig1"),
        (_BASTION_SUBNET, _BASTION, "", f"{BASTION}/bastionHostIpConfigurations/IpConf"),
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


def _subnet(name: str, prefix: str, group: str, occupant: str) -> Body:
    guarded = {"networkSecurityGroup": {"id": group}} if group else {}
    occupied = {"ipConfigurations": [{"id": occupant}]} if occupant else {}
    properties = {"provisioningState": "Succeeded", "addressPrefix": prefix}
    return {
        "id": f"{VNET}/subnets/{name}",
        "name": name,
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": properties | guarded | occupied,
    }


def _bastion() -> Iterator[Body]:
    """Yield the host that administrators come through, and its address."""
    used_by = f"{BASTION}/bastionHostIpConfigurations/IpConf"
    yield _public_address(BASTION_ADDRESS, "20.62.14.9", used_by)
    place = {
        "provisioningState": "Succeeded",
        "privateIPAllocationMethod": "Dynamic",
        "subnet": {"id": f"{VNET}/subnets/{_BASTION_SUBNET}"},
        "publicIPAddress": {"id": BASTION_ADDRESS},
    }
    yield resource(BASTION, "Microsoft.Network/bastionHosts") | {
        "sku": {"name": "Standard"},
        "properties": {
            "provisioningState": "Succeeded",
            "dnsName": "bst-clinic.bastion.azure.com",
            "scaleUnits": 2,
            "ipConfigurations": [{"name": "IpConf", "properties": place}],
            "disableCopyPaste": True,
            "enableFileCopy": False,
            "enableShareableLink": False,
            "enableTunneling": False,
        },
    }


def _flow_log() -> Iterator[Body]:
    """Yield the watcher of the region, and the flow log of the network."""
    state = {"provisioningState": "Succeeded"}
    yield resource(WATCHER, "Microsoft.Network/networkWatchers") | {"properties": state}
    analytics = {
        "enabled": True,
        "workspaceRegion": "eastus",
        "workspaceResourceId": WORKSPACE,
        "trafficAnalyticsInterval": 10,
    }
    yield resource(FLOW_LOG, "Microsoft.Network/networkWatchers/flowLogs") | {
        "properties": {
            **state,
            "targetResourceId": VNET,
            "storageId": WEBSITE,
            "enabled": True,
            "retentionPolicy": {"days": 365, "enabled": True},
            "format": {"type": "JSON", "version": 2},
            "flowAnalyticsConfiguration": {"networkWatcherFlowAnalyticsConfiguration": analytics},
        }
    }


def _public_address(path: str, number: str, used_by: str) -> Body:
    return resource(path, "Microsoft.Network/publicIPAddresses") | {
        "sku": {"name": "Standard", "tier": "Regional"},
        "properties": {
            "provisioningState": "Succeeded",
            "ipAddress": number,
            "publicIPAddressVersion": "IPv4",
            "publicIPAllocationMethod": "Static",
            "ipConfiguration": {"id": used_by},
        },
    }


def _interface(
    path: str, subnet: str, number: str, *, group: str = "", machine: str = "", address: str = ""
) -> Body:
    """Return an interface; ARM leaves out what it does not have."""
    body = resource(path, "Microsoft.Network/networkInterfaces")
    referenced = {"networkSecurityGroup": group, "virtualMachine": machine}
    public = {"publicIPAddress": {"id": address}} if address else {}
    place = {
        "name": "ipconfig1",
        "id": f"{path}/ipConfigurations/ipconfig1",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": number,
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": f"{VNET}/subnets/{subnet}"},
            "primary": True,
            "privateIPAddressVersion": "IPv4",
            **public,
        },
    }
    return body | {
        "properties": {
            "provisioningState": "Succeeded",
            "ipConfigurations": [place],
            **{name: {"id": each} for name, each in referenced.items() if each},
            "enableIPForwarding": False,
        }
    }
