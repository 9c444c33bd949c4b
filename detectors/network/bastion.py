"""Whether Azure Bastion serves a network with machines, in the network or in a peered one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from detectors.evidence import evidence
from detectors.topology.bastion_hosts import (
    LINKS,
    PLACES,
    SHARED_PLACE,
    SKU,
    STATE,
    agrees,
    hosts_in,
    hosts_shown_in,
    is_ready,
    is_shared,
    networks_of,
)
from detectors.topology.interfaces import USED_BY
from detectors.topology.networks import (
    PEERINGS,
    is_virtual_hub,
    peers_of,
    subnets_in,
    with_properties,
)
from detectors.topology.subnet_interfaces import OCCUPANTS, find_machine
from drift import ids
from drift.arm.types import BASTION, INTERFACE, NETWORK, SUBNET
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="BASTION",
    title="Network with machines must have Azure Bastion",
    service="Network",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(1)", "164.308(a)(3)(ii)(A)", "164.310(b)"),
    why="Without Bastion, administrators open ports instead, and no log shows who connected.",
    fix="az network bastion create --resource-group <group> --name <name> --vnet-name <network> "
    "--public-ip-address <address> --sku Standard",
    watches={
        NETWORK: (PEERINGS,),
        SUBNET: (OCCUPANTS,),
        INTERFACE: (USED_BY,),
        BASTION: (SKU, STATE, LINKS, PLACES, SHARED_PLACE),
    },
    reads_its_kind=True,
    leaves_out="a host's settings for copy and recording, and other ways to connect.",
)

_MAKE: Final = (
    "Create a Bastion host in the subnet AzureBastionSubnet (/26 or larger), in this network or in one "
    "that is peered in both directions (az network bastion create … --sku Standard). It takes ten "
    "minutes and is billed by the hour."
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the hosts of the network itself; only if none of them serves it, those of its peers.

    The list of hosts includes those with the Developer SKU, which are in no subnet. No peerings
    shown means no peers, and no addresses means no machines: ARM omits both.
    """
    if not find_machine(subnets_in(with_properties(resource)), estate):
        return Verdict(Outcome.NOT_APPLICABLE, "The network contains no machine.")
    served = _served(hosts_shown_in(resource, estate), resource)
    if served:
        return served
    own, doubt = hosts_in((resource.id,), estate)
    served = _served(own, resource)
    if served is None and doubt:
        raise doubt
    return served or _served_by_peers(resource, estate) or _beyond_a_hub(own, resource)


def _served(hosts: Iterable[Resource], network: Resource) -> Verdict | None:
    """Return the verdict of the hosts that serve a network, None where none serves it."""
    hosts = tuple(hosts)
    for each in hosts:
        if each.flag(LINKS):
            return _linked(each, network)
    for each in hosts:
        if not is_shared(each) and is_ready(each):
            shown = (evidence(each, STATE, "Succeeded", of=network),)
            return Verdict(Outcome.PASS, f"Bastion host {each.name} serves the network.", shown)
    return None


def _served_by_peers(network: Resource, estate: Estate) -> Verdict | None:
    """Return the verdict of the hosts in peered networks; raise Unreadable where one may be missed."""
    doubts: list[Unreadable] = []
    named = [each.id for each in peers_of(network)]
    for peers in _by_subscription(each for each in named if not is_virtual_hub(each)):
        try:
            served = _served(_reaching(peers, network, estate, doubts), network)
        except Unreadable as error:
            doubts.append(error)
            continue
        if served:
            return served
    for each in doubts:
        raise each
    return None


def _by_subscription(networks: Iterable[str]) -> Iterable[list[str]]:
    found = defaultdict[str, list[str]](list)
    for each in networks:
        found[ids.subscription_of(each)].append(each)
    return found.values()


def _reaching(
    peers: list[str], network: Resource, estate: Estate, doubts: list[Unreadable]
) -> Iterator[Resource]:
    """Yield the hosts in peers that agree to the peering; the Developer SKU does not serve peers."""
    keys = {ids.key(each): each for each in peers}
    hosts, doubt = hosts_in(peers, estate)
    doubts += [doubt] if doubt else []
    for host in hosts:
        named = [keys[each] for each in networks_of(host) if each in keys]
        if not is_shared(host) and any(agrees(each, network, estate) for each in named):
            yield host


def _linked(host: Resource, network: Resource) -> Verdict:
    return Verdict(
        Outcome.FAIL,
        f"Bastion host {host.name} has shareable links, which allow sign-in without Entra ID.",
        (evidence(host, LINKS, "false", of=network),),
        fix=Fix(
            (SetProperty(host.id, LINKS, False),),
            "Find out who received a link, and check the host's audit log for sessions that used one.",
        ),
    )


def _beyond_a_hub(own: tuple[Resource, ...], network: Resource) -> Verdict:
    """Return not applicable behind a Virtual WAN hub, which cannot hold a host, otherwise fail.

    A host in another network of the hub serves this one, and no document of the network shows it.
    """
    hubs = [each.id for each in peers_of(network) if is_virtual_hub(each.id)]
    if own or not hubs:
        return _unserved(own, network)
    reason = (
        f"The network is connected through the Virtual WAN hub {ids.name_of(hubs[0])}, which cannot "
        "hold a Bastion host; hosts in other networks of the hub are not visible."
    )
    return Verdict(Outcome.NOT_APPLICABLE, reason)


def _unserved(own: tuple[Resource, ...], network: Resource) -> Verdict:
    """Fail with the cause: a shared host, a failed host, or no host."""
    for each in own:
        if is_shared(each):
            reason = f"Bastion host {each.name} has the Developer SKU, which customers share."
            wanted = "Basic, Standard or Premium"
            return _fail(reason, evidence(each, SKU, wanted, of=network))
    for each in own:
        shown = evidence(each, STATE, "Succeeded", of=network)
        return _fail(f"Bastion host {each.name} failed and serves no network.", shown)
    return _fail(
        "No Azure Bastion host is in the network or in a peered one.",
        Evidence(f"{BASTION}#{STATE}", None, "Succeeded"),
    )


def _fail(reason: str, shown: Evidence) -> Verdict:
    return Verdict(Outcome.FAIL, reason, (shown,), fix=Fix(note=_MAKE))
