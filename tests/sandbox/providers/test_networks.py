"""Networks show the members of their subnets and the states of their peerings."""

from typing import Any

from sandbox.clinic.estate import BASTION, INTERFACE, VNET
from sandbox.world import Sandbox

DATA = f"{VNET}/subnets/data"
OTHER = VNET.replace("vnet-clinic", "vnet-hub")


def occupants(azure: Sandbox, subnet: str) -> list[str]:
    properties = azure.read(subnet)["properties"]
    return [
        each["id"].rpartition("/ipConfigurations/")[0]
        for each in properties.get("ipConfigurations", [])
    ]


def interface(subnet: str) -> dict[str, Any]:
    address = {"name": "one", "properties": {"subnet": {"id": subnet}}}
    return {"properties": {"ipConfigurations": [address]}}


def peering(remote: str) -> dict[str, Any]:
    return {"properties": {"remoteVirtualNetwork": {"id": remote}}}


def state(azure: Sandbox, network: str, name: str) -> str:
    properties = azure.read(f"{network}/virtualNetworkPeerings/{name}")["properties"]
    return str(properties["peeringState"])


def test_a_subnet_shows_an_interface_from_when_it_is_written_until_it_is_deleted(
    azure: Sandbox,
) -> None:
    second = INTERFACE.replace("nic-ehr", "nic-second")
    azure.write(second, interface(DATA))
    both = occupants(azure, DATA)
    azure.delete(INTERFACE)

    assert both == [INTERFACE, second]
    assert occupants(azure, DATA) == [second]


def test_a_subnet_that_is_written_anew_still_shows_who_is_in_it(azure: Sandbox) -> None:
    network = azure.read(VNET)
    for each in network["properties"]["subnets"]:
        each["properties"].pop("ipConfigurations", None)
    azure.write(VNET, network)

    assert occupants(azure, DATA) == [INTERFACE]
    assert azure.read(f"{VNET}/subnets/AzureBastionSubnet")["properties"]["ipConfigurations"] == [
        {"id": f"{BASTION}/bastionHostIpConfigurations/IpConf"}
    ]


def test_other_members_of_a_subnet_are_kept(azure: Sandbox) -> None:
    front = {
        "id": VNET.replace(
            "virtualNetworks/vnet-clinic", "loadBalancers/lb/frontendIPConfigurations/f"
        )
    }
    azure.patch(f"{VNET}/subnets/app", {"properties": {"ipConfigurations": [front]}})

    assert front in azure.read(f"{VNET}/subnets/app")["properties"]["ipConfigurations"]


def test_a_peering_is_connected_while_both_sides_have_it(azure: Sandbox) -> None:
    azure.write(OTHER, {"location": "eastus", "properties": {}})
    azure.write(f"{VNET}/virtualNetworkPeerings/to-hub", peering(OTHER))
    alone = state(azure, VNET, "to-hub")
    azure.write(f"{OTHER}/virtualNetworkPeerings/to-clinic", peering(VNET))
    agreed = (state(azure, VNET, "to-hub"), state(azure, OTHER, "to-clinic"))
    azure.delete(f"{OTHER}/virtualNetworkPeerings/to-clinic")

    assert (alone, agreed) == ("Initiated", ("Connected", "Connected"))
    assert state(azure, VNET, "to-hub") == "Disconnected"
    assert [each["name"] for each in azure.read(VNET)["properties"]["virtualNetworkPeerings"]] == [
        "to-hub"
    ]
