"""A machine's network interfaces: their addresses, and what sends traffic to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detectors.ip.addresses import interval_of
from detectors.topology.load_balancer_pools import Seat, seat_of
from drift.arm.references import reference_at, references_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Resource, dig

INTERFACES: Final = "properties.networkProfile.networkInterfaces"
ADDRESSES: Final = "properties.ipConfigurations"
PUBLIC: Final = "properties.publicIPAddress"

_BALANCED: Final = (
    "properties.loadBalancerInboundNatRules",
    "properties.loadBalancerBackendAddressPools",
)
_GATEWAYS: Final = "properties.applicationGatewayBackendAddressPools"


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """One address of an interface.

    ``seat`` is its place in a network, ``public`` the id of a public address, "" for none; ``balanced`` are
    the rules and pools of load balancers that it references, ``gateways`` the pools of application
    gateways.
    """

    name: str
    seat: Seat
    public: str
    balanced: tuple[str, ...]
    gateways: tuple[str, ...]


def interfaces_of(machine: Resource) -> tuple[str, ...]:
    """Return the ids of a machine's interfaces; raise Unreadable where none is shown."""
    shown = references_at(machine, INTERFACES)
    if not shown:
        raise Unreadable(INTERFACES, "absent")
    return shown


def read(interface_id: str, estate: Estate) -> Resource:
    """Return an interface; raise Unreadable if it is gone, because that proves nothing about its machine."""
    found = estate.get(interface_id)
    if found is None:
        raise Unreadable(interface_id, "it does not exist")
    return found


def addresses_of(interface: Resource) -> tuple[InterfaceAddress, ...]:
    """Return the addresses of an interface; raise Unreadable where none is shown."""
    shown = interface.items(ADDRESSES)
    if not shown or not all(isinstance(dig(each, "properties"), Mapping) for each in shown):
        raise Unreadable(ADDRESSES, "absent, or not understood")
    return tuple(
        InterfaceAddress(
            name=str(dig(each, "name") or ""),
            seat=seat_of(_place(each), reference_at(each, "properties.subnet")),
            public=reference_at(each, PUBLIC),
            balanced=tuple(way for path in _BALANCED for way in references_at(each, path)),
            gateways=references_at(each, _GATEWAYS),
        )
        for each in shown
    )


def _place(configuration: object) -> int | None:
    text = dig(configuration, "properties.privateIPAddress")
    interval = interval_of(text) if isinstance(text, str) else None
    return interval[0] if interval else None
