"""A network interface: its addresses, and the groups and the machine of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from detectors.ip.addresses import IPV4, IPV6, V6_START, interval_of
from detectors.ip.intervals import IntervalSet
from drift import ids
from drift.arm.references import reference_at, references_at
from drift.arm.types import INTERFACE, MACHINE, SECURITY_GROUP, SUBNET
from drift.errors import NotGiven, Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, dig

OWN_GROUP: Final = "properties.networkSecurityGroup"
ADDRESSES: Final = "properties.ipConfigurations"
USED_BY: Final = "properties.virtualMachine"

_BALANCED: Final = (
    "properties.loadBalancerInboundNatRules",
    "properties.loadBalancerBackendAddressPools",
    "properties.applicationGatewayBackendAddressPools",
)


@dataclass(frozen=True, slots=True)
class InboundAddress:
    """One address of an interface.

    ``place`` is on the line of all addresses; ``subnet`` is an id; ``leads_in`` is what sends
    Internet traffic to it, "" for nothing; ``groups`` its application security groups.
    """

    place: int
    subnet: str
    leads_in: str
    groups: frozenset[str]

    @property
    def family(self) -> IntervalSet:
        """Return all addresses of the family, from which alone packets can come."""
        return IPV4 if self.place < V6_START else IPV6


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface: ``group`` and ``machine`` are ids, "" where it has none."""

    id: str
    group: str
    machine: str
    addresses: tuple[InboundAddress, ...] = field(repr=False)


def find_interface(interface_id: str, estate: Estate) -> Interface:
    """Return an interface; raise NotGiven where it does not exist, Unreadable where it is invalid."""
    if ids.type_of(interface_id) != INTERFACE:
        raise NotGiven(interface_id, "only interfaces of single machines are evaluated")
    resource = estate.get(interface_id)
    if resource is None:
        raise NotGiven(interface_id, "it is referenced but does not exist")
    return Interface(
        id=resource.id,
        group=reference_at(resource, OWN_GROUP, SECURITY_GROUP),
        machine=reference_at(resource, USED_BY, MACHINE),
        addresses=tuple(_addresses(resource)),
    )


def _addresses(resource: Resource) -> Iterator[InboundAddress]:
    configurations = resource.items(ADDRESSES)
    if not configurations:
        raise Unreadable(f"{resource.id}#{ADDRESSES}", "absent")
    for each in configurations:
        subnet = reference_at(each, "properties.subnet", SUBNET)
        if not subnet:
            raise Unreadable(f"{resource.id}#{ADDRESSES}", "one of them has no subnet")
        asgs = references_at(each, "properties.applicationSecurityGroups")
        yield InboundAddress(
            place=_place(dig(each, "properties.privateIPAddress"), resource.id),
            subnet=subnet,
            leads_in=_leads_in(each),
            groups=frozenset(group.lower() for group in asgs),
        )


def _leads_in(configuration: object) -> str:
    if dig(configuration, "properties.publicIPAddress") is not MISSING:
        return "a public address"
    if any(dig(configuration, path) not in (MISSING, [], ()) for path in _BALANCED):
        return "a load balancer or gateway"
    return ""


def _place(text: Any, interface_id: str) -> int:
    interval = interval_of(text) if isinstance(text, str) else None
    if interval is None:
        raise NotGiven(interface_id, "it does not show its address")
    return interval[0]
