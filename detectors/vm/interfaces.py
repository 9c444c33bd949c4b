"""A machine's network interfaces: which addresses they have, and what sends traffic to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detectors.references import reference_at, references_at
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
class Address:
    """One address of an interface.

    ``public`` is the id of a public address, "" for none; ``balanced`` are the rules and pools of
    load balancers that it is in, ``gateways`` the pools of application gateways.
    """

    name: str
    public: str
    balanced: tuple[str, ...]
    gateways: tuple[str, ...]


def interfaces_of(machine: Resource) -> tuple[str, ...]:
    """Return the ids of a machine's interfaces; raise Unreadable where none is shown."""
    shown = references_at(machine.body, INTERFACES)
    if not shown:
        raise Unreadable(INTERFACES, "absent")
    return shown


def read(interface_id: str, estate: Estate) -> Resource:
    """Return an interface; one that is gone says nothing of its machine, so raise Unreadable."""
    found = estate.get(interface_id)
    if found is None:
        raise Unreadable(interface_id, "it does not exist")
    return found


def addresses_of(interface: Resource) -> tuple[Address, ...]:
    """Return the addresses of an interface; raise Unreadable where none is shown."""
    shown = interface.items(ADDRESSES)
    if not shown or not all(isinstance(dig(each, "properties"), Mapping) for each in shown):
        raise Unreadable(ADDRESSES, "absent or not understood")
    return tuple(
        Address(
            name=str(dig(each, "name") or ""),
            public=reference_at(each, PUBLIC),
            balanced=tuple(way for path in _BALANCED for way in references_at(each, path)),
            gateways=references_at(each, _GATEWAYS),
        )
        for each in shown
    )
