"""A virtual network: its subnets, its addresses, and its peers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from detectors.ip.addresses import addresses_of
from detectors.ip.intervals import IntervalSet
from drift import ids
from drift.arm.references import items_at, reference_at
from drift.arm.types import NETWORK, SUBNET
from drift.errors import NotGiven, Unreadable
from drift.estate import Estate
from drift.ids import parent_of
from drift.model import MISSING, Resource, dig

SUBNETS: Final = "properties.subnets"
PEERINGS: Final = "properties.virtualNetworkPeerings"
ADDRESS_SPACE: Final = "properties.addressSpace"
PREFIXES: Final = ("properties.addressPrefix", "properties.addressPrefixes")

_BASTION_SUBNET: Final = "azurebastionsubnet"
_REMOTE_SPACE: Final = "properties.remoteVirtualNetworkAddressSpace.addressPrefixes"
_SYNCED_SPACE: Final = "properties.remoteAddressSpace.addressPrefixes"


@dataclass(frozen=True, slots=True)
class SubnetPlace:
    """A subnet, and its network where that is readable."""

    subnet: Resource
    network: Resource | None


@dataclass(frozen=True, slots=True)
class Peer:
    """A network at the other end of a peering that is connected and allows traffic."""

    id: str
    addresses: IntervalSet


def place_of(subnet_id: str, estate: Estate) -> SubnetPlace | None:
    """Return a subnet from its network's document, else its own; None where neither exists."""
    try:
        network = estate.get(parent_of(subnet_id))
    except NotGiven:
        network = None
    if network is None:
        subnet = estate.get(subnet_id)
        return SubnetPlace(with_properties(subnet), None) if subnet else None
    wanted = ids.key(subnet_id)
    shown = next((each for each in subnets_in(network) if ids.key(each.id) == wanted), None)
    if shown is None:
        raise Unreadable(subnet_id, "its network does not show it")
    return SubnetPlace(with_properties(shown), network)


def with_properties(resource: Resource) -> Resource:
    """Return a network or a subnet; raise Unreadable where it shows none of its properties."""
    if not isinstance(resource.get("properties"), Mapping):
        raise Unreadable(resource.id, "it shows no properties")
    return resource


def subnets_in(network: Resource) -> Iterator[Resource]:
    """Yield the subnets that a network shows; raise Unreadable on anything else."""
    for each in items_at(network, SUBNETS):
        name = dig(each, "name")
        if not isinstance(each, Mapping) or not isinstance(name, str) or not name:
            raise Unreadable(SUBNETS, "a subnet has no name")
        yield Resource(f"{network.id}/subnets/{name}", SUBNET, each, network.whole)


def is_for_bastion(subnet: Resource) -> bool:
    """Tell whether a subnet is the one that Azure Bastion runs in, and nothing else can."""
    return subnet.name.lower() == _BASTION_SUBNET


def addresses_in(resource: Resource) -> IntervalSet:
    """Return the addresses of a subnet, or of a whole network; an invalid prefix adds nothing."""
    listed = (*items_at(resource, PREFIXES[1]), resource.get(PREFIXES[0]))
    spaces = items_at(resource, f"{ADDRESS_SPACE}.addressPrefixes")
    return addresses_of(each for each in (*listed, *spaces) if isinstance(each, str))


def is_virtual_hub(network_id: str) -> bool:
    """Tell whether a network is the hub of a Virtual WAN, which Azure manages in a group of its own.

    Azure names the network ``HV_<hub>_<guid>`` and its group ``RG_<hub>_<guid>``.
    https://learn.microsoft.com/azure/virtual-wan/virtual-wan-faq
    """
    group = ids.name_of(ids.group_of(network_id)).lower()
    return ids.name_of(network_id).lower().startswith("hv_") and group.startswith("rg_")


def peers_of(network: Resource) -> Iterator[Peer]:
    """Yield the peers that are connected.

    Azure shows Connected once both networks have agreed; a peering may still block traffic.
    """
    for each in items_at(network, PEERINGS):
        peering = Resource(network.id, NETWORK, each if isinstance(each, Mapping) else {})
        remote = reference_at(peering, "properties.remoteVirtualNetwork", NETWORK)
        state = peering.word("properties.peeringState")
        if not remote or state is MISSING:
            raise Unreadable(PEERINGS, "one does not show its remote network or its state")
        if state not in _STATES:
            raise Unreadable(PEERINGS, "one has an unknown state")
        if _STATES[state] and peering.flag("properties.allowVirtualNetworkAccess") is not False:
            yield Peer(remote, addresses_of(_remote_prefixes(peering)))


_STATES: Final = {"connected": True, "initiated": False, "disconnected": False}


def _remote_prefixes(peering: Resource) -> Iterable[str]:
    """Return the peer's prefixes: those it has now, else those that were last synchronized."""
    for path in (_REMOTE_SPACE, _SYNCED_SPACE):
        found = [each for each in items_at(peering, path) if isinstance(each, str)]
        if found:
            return found
    return ()
