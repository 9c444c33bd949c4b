"""Azure Bastion hosts: which of them serve a virtual network, and their settings."""

from collections.abc import Collection
from typing import Final

from detectors.evidence import listed
from detectors.topology.networks import peers_of, subnets_in
from detectors.topology.subnet_interfaces import OCCUPANTS
from drift import ids
from drift.arm.references import items_at, reference_at, references_at
from drift.arm.types import BASTION, NETWORK, SUBNET
from drift.errors import Unreadable
from drift.estate import Estate
from drift.ids import name_of, parent_of
from drift.model import MISSING, Resource

SKU: Final = "sku.name"
STATE: Final = "properties.provisioningState"
LINKS: Final = "properties.enableShareableLink"
PLACES: Final = "properties.ipConfigurations"
SHARED_PLACE: Final = "properties.virtualNetwork"

_HOSTS: Final = "providers/Microsoft.Network/bastionHosts"
_OF_HOST: Final = f"{BASTION}/bastionhostipconfigurations"
_DEVELOPER: Final = "developer"
_DEDICATED: Final = frozenset({"basic", "standard", "premium"})


def hosts_in(
    networks: Collection[str], estate: Estate
) -> tuple[tuple[Resource, ...], Unreadable | None]:
    """Return the hosts in networks of one subscription, and why there may be others.

    The list may come from a cache from before a change, and events refresh only a host's own
    document: so each is read.
    """
    subscription = f"/subscriptions/{ids.subscription_of(next(iter(networks)))}"
    known, doubt = listed(lambda: estate.children(subscription, _HOSTS))
    here = [each.id for each in known if not networks_of(each).isdisjoint(map(ids.key, networks))]
    return tuple(host for host in map(estate.get, here) if host), doubt


def hosts_shown_in(network: Resource, estate: Estate) -> tuple[Resource, ...]:
    """Return the hosts in a subnet of a network, as the network document shows them."""
    shown = (each for subnet in subnets_in(network) for each in references_at(subnet, OCCUPANTS))
    named = dict.fromkeys(parent_of(each) for each in shown if ids.type_of(each) == _OF_HOST)
    return tuple(host for host in map(estate.get, named) if host)


def networks_of(host: Resource) -> frozenset[str]:
    """Return the networks that contain a host, as ``ids.key`` spells them.

    A host references its subnet or, with the Developer SKU, the network itself.
    """
    places = (reference_at(each, "properties.subnet", SUBNET) for each in items_at(host, PLACES))
    named = [
        *(parent_of(each) for each in places if each),
        reference_at(host, SHARED_PLACE, NETWORK),
    ]
    networks = frozenset(ids.key(each) for each in named if each)
    if not networks:
        raise Unreadable(host.id, "it does not show its network")
    return networks


def is_shared(host: Resource) -> bool:
    """Tell whether a host has the Developer SKU, which many customers share.

    It has no subnet and no own rules, and does not serve peered networks.
    https://learn.microsoft.com/azure/bastion/configuration-settings#skus
    """
    sku = host.word(SKU)
    if sku in _DEDICATED:
        return False
    if sku == _DEVELOPER:
        return True
    raise Unreadable(f"{name_of(host.id)}#{SKU}", "absent" if sku is MISSING else "not a known SKU")


def is_ready(host: Resource) -> bool:
    """Tell whether a host works; raise Unreadable while it is being changed."""
    state = host.word(STATE)
    if state in {"succeeded", "failed"}:
        return state == "succeeded"
    raise Unreadable(f"{name_of(host.id)}#{STATE}", "absent" if state is MISSING else str(state))


def agrees(peer_id: str, network: Resource, estate: Estate) -> bool:
    """Tell whether the network at the other end of a peering is connected with this one too."""
    other = estate.get(peer_id)
    back = peers_of(other) if other else ()
    return any(ids.key(each.id) == ids.key(network.id) for each in back)
