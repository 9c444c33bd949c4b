"""Whether a machine has a public IP address, or a load balancer that forwards from one."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Final

from detectors.facets import Facet, weakest
from detectors.jumpboxes import is_jumpbox
from detectors.topology.load_balancer_pools import POOLS, Seat, balancers_near, pools_with
from detectors.vm.interfaces import (
    ADDRESSES,
    INTERFACES,
    PUBLIC,
    InterfaceAddress,
    addresses_of,
    interfaces_of,
    read,
)
from detectors.vm.load_balancers import FRONTENDS, NAT_RULES, RULES, openings
from drift.arm.types import BALANCER, INTERFACE, MACHINE
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, RemoveProperty
from drift.ids import name_of, parent_of, relative_to
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

_SKU: Final = "sku.name"
_IP: Final = "properties.ipAddress"

CONTROL: Final = Control(
    id="VM-PUBLIC-IP",
    title="Machine must not be reachable from the Internet",
    service="Compute",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(1)", "164.312(e)(1)", "164.310(a)(1)"),
    why="With a public IP address, a single security rule is all that protects the PHI.",
    fix="az resource update --ids <interface> --remove "
    "properties.ipConfigurations[name=<name>].properties.publicIPAddress",
    watches={
        MACHINE: (INTERFACES, "tags"),
        INTERFACE: (ADDRESSES,),
        "microsoft.network/publicipaddresses": (_SKU, _IP),
        BALANCER: (FRONTENDS, NAT_RULES, RULES, POOLS),
    },
    leaves_out="load balancers of other subscriptions, application gateways and firewalls that forward to "
    "its address, and other forwarding. Where its interface references an application gateway, the result "
    "is unknown.",
)

_OPEN: Final = {
    "basic": "Basic SKU: open unless a security group denies",
    "standard": "Standard SKU: closed unless a security group allows",
}


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each interface: its own addresses, and the load balancers that forward to it.

    A load balancer forwards to an interface that references one of its pools, or to an address in
    a pool; the rules of an application gateway are not evaluated.
    """
    facets = chain.from_iterable(_facets(each) for each in interfaces_of(resource))
    return weakest(CONTROL, facets, resource, estate)


def _facets(interface_id: str) -> Iterator[Facet]:
    return (partial(each, interface_id) for each in (_own, _balanced, _numbered, _gateways))


def _own(interface_id: str, machine: Resource, estate: Estate) -> Verdict:
    interface = read(interface_id, estate)
    addresses = addresses_of(interface)
    public = {at: each for at, each in enumerate(addresses) if each.public}
    if not public:
        return Verdict(Outcome.PASS, f"Interface {interface.name} has no public IP address.")
    details = ", ".join(_described(each.public, estate) for each in public.values())
    shown = relative_to(interface.id, machine.id)
    return Verdict(
        Outcome.FAIL,
        f"Interface {interface.name} has public IP address {details}.{_jumpbox(machine, estate)}",
        tuple(
            Evidence(f"{shown}#{ADDRESSES}[{each.name or at}].{PUBLIC}.id", each.public, "absent")
            for at, each in public.items()
        ),
        _severity(machine, estate),
        _fix(interface, public.values()),
    )


def _described(address_id: str, estate: Estate) -> str:
    """Return a public address in words; an unreadable one is still public."""
    try:
        found = estate.get(address_id)
    except Unreadable:
        found = None
    if found is None:
        return name_of(address_id)
    known = (found.get(_IP), _OPEN.get(str(found.get(_SKU)).lower()))
    details = ", ".join(str(each) for each in known if each)
    return f"{found.name} ({details})" if details else found.name


def _balanced(interface_id: str, machine: Resource, estate: Estate) -> Verdict:
    addresses = addresses_of(read(interface_id, estate))
    ways = {way for each in addresses for way in each.balanced}
    balancers = sorted({parent_of(way) for way in ways})
    if not balancers:
        return Verdict(Outcome.NOT_APPLICABLE, "No load balancer forwards to the machine.")
    facets = (partial(_balancer, each, ways) for each in balancers)
    return weakest(CONTROL, facets, machine, estate)


def _balancer(
    balancer_id: str, ways: Collection[str], machine: Resource, estate: Estate
) -> Verdict:
    balancer = estate.get(balancer_id)
    if balancer is None:
        raise Unreadable(balancer_id, "it does not exist")
    mine = [each for each in ways if each.startswith(f"{balancer_id}/")]
    return _judged(balancer, mine, machine, estate)


def _numbered(interface_id: str, machine: Resource, estate: Estate) -> Verdict:
    """Evaluate the load balancers whose pools contain the interface's address."""
    interface = read(interface_id, estate)
    seats = [each.seat for each in addresses_of(interface)]
    balancers, doubt = balancers_near(seats, interface.id, estate)
    facets = (partial(_by_number, each, seats) for each in balancers)
    return weakest(CONTROL, (*facets, partial(_all_listed, doubt)), machine, estate)


def _by_number(
    balancer: Resource, seats: Collection[Seat], machine: Resource, estate: Estate
) -> Verdict:
    pools = pools_with(balancer, seats)
    if not pools:
        return Verdict(
            Outcome.NOT_APPLICABLE, "No backend pool contains the address of the machine."
        )
    return _judged(balancer, pools, machine, estate, by=" by its address")


def _all_listed(doubt: Unreadable | None, _: Resource, __: Estate) -> Verdict:
    if doubt:
        raise doubt
    return Verdict(
        Outcome.PASS,
        "No public load balancer of the subscription forwards to the address of the machine.",
    )


def _judged(
    balancer: Resource, ways: Collection[str], machine: Resource, estate: Estate, *, by: str = ""
) -> Verdict:
    """Evaluate a load balancer that forwards to the machine by these rules and pools."""
    found = openings(balancer, ways, machine)
    if not found:
        reason = (
            f"Load balancer {balancer.name} forwards to the machine{by} from no public IP address."
        )
        return Verdict(Outcome.PASS, reason)
    return Verdict(
        Outcome.FAIL,
        f"Load balancer {balancer.name} forwards to the machine{by} from a public IP address."
        f"{_jumpbox(machine, estate)}",
        found,
        _severity(machine, estate),
        Fix(
            note="Decide what must be reachable from outside. Then remove the rule, remove the machine "
            f"from the pool, or give {balancer.name} a private frontend."
        ),
    )


def _gateways(interface_id: str, _: Resource, estate: Estate) -> Verdict:
    """Evaluate application gateways: their rules are not evaluated, so the result is unknown."""
    addresses = addresses_of(read(interface_id, estate))
    pools = [pool for each in addresses for pool in each.gateways]
    if pools:
        gateway = parent_of(pools[0])
        raise Unreadable(gateway, "it forwards to the machine, and its rules are not evaluated")
    return Verdict(Outcome.NOT_APPLICABLE, "No application gateway forwards to the machine.")


def _severity(machine: Resource, estate: Estate) -> Severity:
    """Return the severity: one step lower for a jumpbox, which is meant to be reachable."""
    return CONTROL.severity.lowered() if is_jumpbox(machine, estate.baseline) else CONTROL.severity


def _jumpbox(machine: Resource, estate: Estate) -> str:
    return " The machine is tagged as a jumpbox." if is_jumpbox(machine, estate.baseline) else ""


def _fix(interface: Resource, addresses: Iterable[InterfaceAddress]) -> Fix:
    """Remove each public address by name.

    ``az network nic ip-config update`` would also silently remove every address of the interface
    from its application security groups (azure-cli 2.91.0).
    """
    steps = tuple(
        RemoveProperty(interface.id, f"{ADDRESSES}[name={each.name}].{PUBLIC}")
        for each in addresses
        if each.name
    )
    return Fix(
        steps,
        "Inbound connections to this address stop, and outbound traffic uses another address: "
        "connect through Azure Bastion, and add a NAT gateway to the subnet if the machine needs one.",
    )
