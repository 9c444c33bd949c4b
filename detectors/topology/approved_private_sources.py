"""Which private addresses may administer machines: those of Azure Bastion, here and in peers."""

from collections.abc import Iterator

from detectors.ip.addresses import NOWHERE, union_of
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PRIVATE
from detectors.topology.networks import (
    SubnetPlace,
    addresses_in,
    is_for_bastion,
    peers_of,
    subnets_in,
)
from detectors.topology.subnet_interfaces import MOST
from drift import ids
from drift.errors import NotGiven, Unreadable
from drift.estate import Estate
from drift.ids import parent_of
from drift.model import Resource


def known_network(place: SubnetPlace) -> IntervalSet:
    """Return the private addresses that the tag VirtualNetwork certainly covers at a place.

    Networks behind gateways and routes are not known here.
    """
    here = [addresses_in(place.subnet)]
    if not here[0]:
        raise Unreadable(place.subnet.id, "it shows no addresses")
    if place.network:
        here.append(addresses_in(place.network))
        here += (each.addresses for each in peers_of(place.network))
    return union_of(here) & PRIVATE


def admitted(asked: IntervalSet, place: SubnetPlace, estate: Estate) -> IntervalSet:
    """Return the addresses that may administer; peers are read only if they could be all sources.

    Raise NotGiven if a network that is not given may contain the Bastion subnet.
    """
    if place.network is None:
        if asked - addresses_in(place.subnet) == asked and asked:
            raise NotGiven(parent_of(place.subnet.id), "Azure Bastion may be in it")
        return NOWHERE
    found = _approved_in(place.network, estate)
    left, peers = asked - found, list(peers_of(place.network))
    if not left or left - union_of(each.addresses for each in peers):
        return found
    return found | union_of(_in_peers([e.id for e in peers if e.addresses & left], estate))


def _in_peers(peers: list[str], estate: Estate) -> Iterator[IntervalSet]:
    for each in peers[:MOST]:
        network = estate.get(each)
        if network:
            yield _approved_in(network, estate)


def _approved_in(network: Resource, estate: Estate) -> IntervalSet:
    approved = {ids.key(each) for each in estate.baseline.approved_networks}
    if ids.key(network.id) in approved:
        return addresses_in(network)
    return union_of(
        addresses_in(each)
        for each in subnets_in(network)
        if is_for_bastion(each) or ids.key(each.id) in approved
    )
