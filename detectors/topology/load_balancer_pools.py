"""Load balancers that forward to an interface by its address, which the interface does not show.

A pool has interfaces, which then reference it, or addresses: then only the load balancer shows
them, each with its IP address and its network (the pool's where it has none). The load balancer of
another subscription may also forward (``syncMode`` Manual); it is not read.
https://learn.microsoft.com/azure/load-balancer/backend-pool-management
https://learn.microsoft.com/azure/load-balancer/cross-subscription-overview
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from detectors.evidence import listed
from detectors.ip.addresses import interval_of
from drift import ids
from drift.arm.references import items_at, reference_at
from drift.arm.types import NETWORK, SUBNET
from drift.errors import Unreadable
from drift.estate import Estate
from drift.ids import parent_of
from drift.model import MISSING, Resource, dig

POOLS: Final = "properties.backendAddressPools"

_BALANCERS: Final = "providers/Microsoft.Network/loadBalancers"
_MEMBERS: Final = "properties.loadBalancerBackendAddresses"
_NUMBER: Final = "properties.ipAddress"


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of an interface on the line of all addresses, None where it does not show it.

    ``network`` is an id as ``ids.key`` spells it, "" where the interface does not show it.
    """

    place: int | None
    network: str


def seat_of(place: int | None, subnet_id: str) -> Seat:
    """Return the seat of an address in a subnet."""
    return Seat(place, ids.key(parent_of(subnet_id)) if subnet_id else "")


def balancers_near(
    seats: Collection[Seat], interface_id: str, estate: Estate
) -> tuple[tuple[Resource, ...], Unreadable | None]:
    """Return the load balancers with address pools in an interface's network, and why others may exist.

    The search covers the interface's subscription. The list may come from a cache from before a
    change, and events refresh only a load balancer's own document: so each is read.
    """
    subscription = f"/subscriptions/{ids.subscription_of(interface_id)}"
    known, doubt = listed(lambda: estate.children(subscription, _BALANCERS))
    near = []
    for each in known:
        try:
            found = estate.get(each.id) if _is_near(each, seats) else None
        except Unreadable as error:
            doubt = doubt or error
            continue
        near += [found] if found else []
    return tuple(near), doubt


def pools_with(balancer: Resource, seats: Collection[Seat]) -> tuple[str, ...]:
    """Return the ids of the pools that have the address of a seat; raise Unreadable in doubt."""
    return tuple(
        str(dig(pool, "id"))
        for pool in _pools(balancer)
        if any(_is_at(balancer, member, seats) for member in _numbered(pool))
    )


@dataclass(frozen=True, slots=True)
class _Member:
    place: int
    network: str


def _is_near(balancer: Resource, seats: Collection[Seat]) -> bool:
    """Tell whether a pool has, or may be given, addresses in the network of a seat."""
    networks = {each.network for each in seats}
    return any(
        not network or network in networks or "" in networks
        for pool in _pools(balancer)
        for network in _networks(pool)
    )


def _networks(pool: Mapping[str, Any]) -> Iterator[str]:
    """Yield the networks of a pool's addresses, "" where one is not shown; then the pool's own."""
    yield from (each.network for each in _numbered(pool))
    if own := _network_of(pool):
        yield own


def _is_at(balancer: Resource, member: _Member, seats: Collection[Seat]) -> bool:
    for seat in seats:
        both_known = member.network and seat.network
        if both_known and member.network != seat.network:
            continue
        if seat.place is None:
            raise Unreadable(
                balancer.id,
                "unknown whether it forwards to this resource: the interface shows no address",
            )
        if seat.place == member.place:
            if not both_known:
                raise Unreadable(balancer.id, f"the network of an address in {POOLS} is not shown")
            return True
    return False


def _pools(balancer: Resource) -> Iterator[Mapping[str, Any]]:
    """Yield the pools; ARM shows them, if only as an empty list."""
    if balancer.get(POOLS) is MISSING:
        raise Unreadable(f"{balancer.id}#{POOLS}", "absent")
    for each in items_at(balancer, POOLS):
        shown = dig(each, "properties")
        odd = shown is not MISSING and not isinstance(shown, Mapping)
        if odd or not isinstance(dig(each, "id"), str):
            raise Unreadable(f"{balancer.id}#{POOLS}", "one of them is not understood")
        yield each


def _numbered(pool: Mapping[str, Any]) -> Iterator[_Member]:
    """Yield the members that are addresses; others are interfaces or frontends of load balancers."""
    for each in items_at(pool, _MEMBERS):
        number = dig(each, _NUMBER)
        if isinstance(each, Mapping) and number in (MISSING, ""):
            continue
        interval = interval_of(number) if isinstance(number, str) else None
        if interval is None:
            raise Unreadable(f"{POOLS}.{_MEMBERS}", "one of them is not understood")
        yield _Member(interval[0], _network_of(each) or _network_of(pool))


def _network_of(holder: object) -> str:
    """Return the network that a member or a pool references, directly or by a subnet; "" for none."""
    subnet = reference_at(holder, "properties.subnet", SUBNET)
    network = (
        parent_of(subnet) if subnet else reference_at(holder, "properties.virtualNetwork", NETWORK)
    )
    return ids.key(network)
