"""What a virtual network shows of other resources: its subnets' members and its peerings' states."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.core.documents import Body, View
from sandbox.core.paths import Place, parse
from sandbox.providers.network_rules import INTERFACE, PEERING, VNET

_BASTION: Final = "microsoft.network/bastionhosts"
_OCCUPYING: Final = {INTERFACE: "ipConfigurations", _BASTION: "bastionHostIpConfigurations"}


def matters_to_networks(place: Place) -> bool:
    """Tell whether a write may change a subnet's members or a peering."""
    return place.type_key in (VNET, f"{VNET}/subnets", PEERING, *_OCCUPYING)


def refreshed_networks(view: View) -> Iterator[Body]:
    """Yield each virtual network whose subnets or peerings are out of date."""
    bodies = [body for _, body in view.below("/subscriptions/")]
    networks = {each["id"].lower(): each for each in bodies if _is(each, VNET)}
    occupants = [pair for body in bodies for pair in _occupants(body)]
    for network in networks.values():
        properties: dict[str, Any] = dict(network.get("properties") or {})
        subnets = [_filled(network, each, occupants) for each in properties.get("subnets") or []]
        peerings = [
            _standing(network, each, networks)
            for each in properties.get("virtualNetworkPeerings") or []
        ]
        properties |= {"subnets": subnets} if subnets else {}
        properties |= {"virtualNetworkPeerings": peerings} if peerings else {}
        if properties != network.get("properties"):
            yield network | {"properties": properties}


def _is(body: Body, type_key: str) -> bool:
    return parse(body.get("id", "")).type_key == type_key


def _occupants(body: Body) -> Iterator[tuple[str, str]]:
    """Yield (key of a subnet, id of what is in it)."""
    field = _OCCUPYING.get(parse(body.get("id", "")).type_key)
    if field is None:
        return
    for each in (body.get("properties") or {}).get("ipConfigurations") or []:
        subnet = ((each.get("properties") or {}).get("subnet") or {}).get("id")
        if subnet:
            yield subnet.lower(), f"{body['id']}/{field}/{each.get('name', '')}"


def _filled(network: Body, subnet: Body, occupants: list[tuple[str, str]]) -> Body:
    """Return a subnet with everyone in it; of what the sandbox does not play, as it was placed."""
    key = f"{network['id']}/subnets/{subnet.get('name', '')}".lower()
    properties: dict[str, Any] = dict(subnet.get("properties") or {})
    others = [
        each
        for each in properties.pop("ipConfigurations", None) or []
        if parse(each["id"]).type_key.rpartition("/")[0] not in _OCCUPYING
    ]
    here = [*others, *({"id": user} for where, user in occupants if where == key)]
    return subnet | {"properties": properties | ({"ipConfigurations": here} if here else {})}


def _standing(network: Body, peering: Body, networks: dict[str, Body]) -> Body:
    """Return a peering in the state it has: connected once the other side has one back."""
    properties: dict[str, Any] = dict(peering.get("properties") or {})
    other = networks.get(_remote(peering))
    back = (other or {}).get("properties", {}).get("virtualNetworkPeerings") or []
    if any(_remote(each) == network["id"].lower() for each in back):
        properties["peeringState"] = "Connected"
    else:
        was = properties.get("peeringState", "Initiated")
        properties["peeringState"] = "Disconnected" if was == "Connected" else was
    return peering | {"properties": properties}


def _remote(peering: Body) -> str:
    properties = peering.get("properties") or {}
    return str((properties.get("remoteVirtualNetwork") or {}).get("id", "")).lower()
