"""Which packets a security rule matches: for certain, and at the most.

The two differ where a property is invalid, or names a service whose addresses are unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from detectors.ip.addresses import EVERYWHERE
from detectors.ip.intervals import IntervalSet
from detectors.nsg.match_fields import ANY_PORT, read_destinations, read_ports, read_sources
from detectors.nsg.rule_fields import RuleFacts


class Service(NamedTuple):
    """A protocol and port that administers a machine."""

    protocol: str
    port: int

    def __str__(self) -> str:
        return f"{self.protocol} {self.port}"


ADMINISTRATIVE: Final = (Service("TCP", 22), Service("TCP", 3389), Service("UDP", 3389))
"""SSH, and RDP over both its transports."""

_ADMINISTRATIVE_PORTS: Final = IntervalSet.of((each.port, each.port + 1) for each in ADMINISTRATIVE)

_ANY_PROTOCOL: Final = frozenset({"TCP", "UDP"})
_PROTOCOLS: Final[Mapping[str, frozenset[str]]] = {
    "*": _ANY_PROTOCOL,
    "any": _ANY_PROTOCOL,
    "tcp": frozenset({"TCP"}),
    "udp": frozenset({"UDP"}),
    "icmp": frozenset(),
    "icmpv6": frozenset(),
    "esp": frozenset(),
    "ah": frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The packets a rule matches, to an address of ``destinations`` or a member of ``groups``."""

    services: tuple[Service, ...] = ADMINISTRATIVE
    sources: IntervalSet = EVERYWHERE
    destinations: IntervalSet = EVERYWHERE
    groups: frozenset[str] = frozenset()
    source_ports: IntervalSet = ANY_PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a rule matches for certain and at the most.

    ``customers`` are its source tags that stand for any customer's machines, ``lacking`` those
    with unknown addresses; ``network``: VirtualNetwork is among them, whose addresses another
    document shows; ``opens_more`` where it also matches ports that are not administrative.
    """

    known: Match
    widest: Match
    customers: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    network: bool = False
    opens_more: bool = False


def read_match(facts: RuleFacts) -> Reading | None:
    """Return what the rule matches, None where that cannot be an administrative port."""
    protocols = facts.word("protocol", _PROTOCOLS)
    ports = read_ports(facts, "destinationPort")
    widest = _services(_ANY_PROTOCOL if protocols is None else protocols, ports.widest)
    if not widest:
        return None
    sources, destinations = read_sources(facts), read_destinations(facts)
    source_ports = read_ports(facts, "sourcePort")
    return Reading(
        known=Match(
            services=_services(protocols or frozenset(), ports.known),
            sources=sources.known,
            destinations=destinations.known,
            groups=destinations.groups,
            source_ports=source_ports.known,
        ),
        widest=Match(
            services=widest,
            sources=sources.widest,
            destinations=destinations.widest,
            groups=destinations.groups,
            source_ports=source_ports.widest,
        ),
        customers=sources.customers,
        lacking=sources.lacking,
        network=sources.network,
        opens_more=bool(ports.known - _ADMINISTRATIVE_PORTS),
    )


def _services(protocols: frozenset[str], ports: IntervalSet) -> tuple[Service, ...]:
    return tuple(s for s in ADMINISTRATIVE if s.protocol in protocols and s.port in ports)
