"""No machine has a public address, or a load balancer that leads to it from one."""

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
    Address,
    addresses_of,
    interfaces_of,
    read,
)
from detectors.vm.load_balancers import FRONTENDS, NAT_RULES, RULES, openings
from drift.arm.types import BALANCER, INTERFACE, MACHINE
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, RemoveProperty
from drift.ids import name_of, relative_to
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

_SKU: Final = "sku.name"
_IP: Final = "properties.ipAddress"

CONTROL: Final = Control(
    id="VM-PUBLIC-IP",
    title="Machine cannot be reached from the Internet",
    service="Compute",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(1)", "164.312(e)(1)", "164.310(a)(1)"),
    why="Behind a public address one rule of a security group is all that stands before PHI.",
    fix="az resource update --ids <interface> --remove "
    "properties.ipConfigurations[name=<name>].properties.publicIPAddress",
    watches={
        MACHINE: (INTERFACES, "tags"),
        INTERFACE: (ADDRESSES,),
        "microsoft.network/publicipaddresses": (_SKU, _IP),
        BALANCER: (FRONTENDS, NAT_RULES, RULES, POOLS),
    },
    leaves_out="load balancers of other subscriptions that name its address, application gateways and "
    "firewalls that do, and whatever else forwards to it. Behind an application gateway that its interface "
    "names it is unknown.",
)

_OPEN: Final = {
    "basic": "Basic: open on every port that no security group closes",
    "standard": "Standard: closed on every port that no security group opens",
}


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge each interface: its own addresses, and the load balancers that it is behind.

    A load balancer leads to an interface that names one of its pools, or to an address that stands
    in one; an application gateway is not looked into.
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
        return Verdict(Outcome.PASS, f"interface {interface.name} has no public address")
    told = ", ".join(_described(each.public, estate) for each in public.values())
    shown = relative_to(interface.id, machine.id)
    return Verdict(
        Outcome.FAIL,
        f"interface {interface.name} has public address {told}{_jumpbox(machine, estate)}",
        tuple(
            Evidence(f"{shown}#{ADDRESSES}[{each.name or at}].{PUBLIC}.id", each.public, "absent")
            for at, each in public.items()
        ),
        _severity(machine, estate),
        _fix(interface, public.values()),
    )


def _described(address_id: str, estate: Estate) -> str:
    """Return a public address in words; one that cannot be read is public all the same."""
    try:
        found = estate.get(address_id)
    except Unreadable:
        found = None
    if found is None:
        return name_of(address_id)
    known = (found.get(_IP), _OPEN.get(str(found.get(_SKU)).lower()))
    told = ", ".join(str(each) for each in known if each)
    return f"{found.name} ({told})" if told else found.name


def _balanced(interface_id: str, machine: Resource, estate: Estate) -> Verdict:
    addresses = addresses_of(read(interface_id, estate))
    ways = {way for each in addresses for way in each.balanced}
    balancers = sorted({way.rsplit("/", 2)[0] for way in ways})
    if not balancers:
        return Verdict(Outcome.NOT_APPLICABLE, "no load balancer leads to it")
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
    """Judge the load balancers that lead to the interface by its address."""
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
        return Verdict(Outcome.NOT_APPLICABLE, "its address stands in none of the pools")
    return _judged(balancer, pools, machine, estate, by=" by its address")


def _all_listed(doubt: Unreadable | None, _: Resource, __: Estate) -> Verdict:
    if doubt:
        raise doubt
    return Verdict(Outcome.PASS, "no public load balancer of the subscription leads to its address")


def _judged(
    balancer: Resource, ways: Collection[str], machine: Resource, estate: Estate, *, by: str = ""
) -> Verdict:
    """Judge a load balancer that leads to the machine by these rules and pools."""
    found = openings(balancer, ways, machine)
    if not found:
        reason = f"load balancer {balancer.name} leads to it{by} from no public address"
        return Verdict(Outcome.PASS, reason)
    return Verdict(
        Outcome.FAIL,
        f"load balancer {balancer.name} leads to it{by} from a public address"
        f"{_jumpbox(machine, estate)}",
        found,
        _severity(machine, estate),
        Fix(
            note="Decide what must be reachable from outside: take the rule away or the machine out "
            f"of the pool, or give {balancer.name} a private frontend."
        ),
    )


def _gateways(interface_id: str, _: Resource, estate: Estate) -> Verdict:
    """Judge application gateways: what one lets through to its pools is not looked into."""
    addresses = addresses_of(read(interface_id, estate))
    pools = [pool for each in addresses for pool in each.gateways]
    if pools:
        gateway = pools[0].rsplit("/", 2)[0]
        raise Unreadable(gateway, "it leads here, and what it lets through is not looked into")
    return Verdict(Outcome.NOT_APPLICABLE, "no application gateway leads to it")


def _severity(machine: Resource, estate: Estate) -> Severity:
    """Return the severity: a jumpbox is there to be reached, though Bastion does it better."""
    return CONTROL.severity.lowered() if is_jumpbox(machine, estate.baseline) else CONTROL.severity


def _jumpbox(machine: Resource, estate: Estate) -> str:
    return ", as a jumpbox" if is_jumpbox(machine, estate.baseline) else ""


def _fix(interface: Resource, addresses: Iterable[Address]) -> Fix:
    """Take each public address away by name.

    ``az network nic ip-config update`` would do it too, and silently take every address of the
    interface out of its application security groups (azure-cli 2.91.0).
    """
    steps = tuple(
        RemoveProperty(interface.id, f"{ADDRESSES}[name={each.name}].{PUBLIC}")
        for each in addresses
        if each.name
    )
    return Fix(
        steps,
        "From then on nothing outside reaches the machine there, and its own way out changes: "
        "administer it through Azure Bastion, and give its subnet a NAT gateway if it needs one.",
    )
