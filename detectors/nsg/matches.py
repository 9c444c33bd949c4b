"""Which packets a security rule matches: for certain, and at most.

The two differ if a property is invalid, or names a service whose addresses are unknown.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from detectors.ip.addresses import EVERYWHERE
from detectors.ip.intervals import IntervalSet
from detectors.nsg.match_fields import (
    ANY_PORT,
    Ports,
    read_destinations,
    read_ports,
    read_sources,
)
from detectors.nsg.rule_fields import RuleFacts

_TEXTS: Final = (
    ("destinationPortRange", "destinationPortRanges"),
    ("sourcePortRange", "sourcePortRanges"),
    ("sourceAddressPrefix", "sourceAddressPrefixes"),
    ("destinationAddressPrefix", "destinationAddressPrefixes"),
)

_REMEMBERED: Final = 1 << 11
"""How many rules are cached by their text, for all groups together."""

_MOST_WORDS: Final = 40
"""Maximum number of ports and prefixes of a cached rule: other rules may have thousands."""


class AdminService(NamedTuple):
    """A protocol and port that administers a machine."""

    protocol: str
    port: int

    def __str__(self) -> str:
        return f"{self.protocol} {self.port}"


AdminServices = tuple[AdminService, ...]

ADMINISTRATIVE: Final[AdminServices] = (
    AdminService("TCP", 22),
    AdminService("TCP", 3389),
    AdminService("UDP", 3389),
)
"""SSH, and RDP over both its transports."""

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
class PacketMatch:
    """The packets a rule matches, to an address of ``destinations`` or a member of ``groups``."""

    services: AdminServices = ADMINISTRATIVE
    sources: IntervalSet = EVERYWHERE
    destinations: IntervalSet = EVERYWHERE
    groups: frozenset[str] = frozenset()
    source_ports: IntervalSet = ANY_PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchBounds:
    """What a rule matches for certain and at most.

    ``customers`` are its source tags that stand for any customer's machines, ``lacking`` those
    with unknown addresses; ``network``: VirtualNetwork is among them, whose addresses another
    document shows; ``opens_more``: it also matches ports that are not administrative.
    """

    known: PacketMatch
    widest: PacketMatch
    customers: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    network: bool = False
    opens_more: bool = False


class _Wording(NamedTuple):
    """The properties that say what a rule matches, where each has the type that ARM documents."""

    protocol: str
    ports: tuple[str, ...]
    source_ports: tuple[str, ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]

    def facts(self) -> RuleFacts:
        """Return a rule with these properties."""
        return RuleFacts(
            {
                "properties": {
                    "protocol": self.protocol,
                    "destinationPortRanges": self.ports,
                    "sourcePortRanges": self.source_ports,
                    "sourceAddressPrefixes": self.sources,
                    "destinationAddressPrefixes": self.destinations,
                }
            }
        )


@functools.lru_cache(maxsize=8)
def services_at(ports: tuple[int, ...]) -> AdminServices:
    """Return the services of SSH and RDP, and TCP at each further port that the operator names."""
    known = {each.port for each in ADMINISTRATIVE}
    return (*ADMINISTRATIVE, *(AdminService("TCP", each) for each in sorted(set(ports) - known)))


def may_administer(facts: RuleFacts, services: AdminServices) -> bool:
    """Tell whether a rule may match one of these services; a property in doubt may mean any."""
    protocol = facts.value("protocol")
    ports = facts.texts("destinationPortRange", "destinationPortRanges")
    wording = _Wording(protocol if isinstance(protocol, str) else "", ports, (), (), ())
    once = _may_once if len(ports) <= _MOST_WORDS else _may_administer
    return once(wording, services)


@functools.lru_cache(maxsize=_REMEMBERED)
def _may_once(wording: _Wording, services: AdminServices) -> bool:
    return _may_administer(wording, services)


def _may_administer(wording: _Wording, services: AdminServices) -> bool:
    facts = wording.facts()
    protocols = facts.word("protocol", _PROTOCOLS)
    return bool(_widest(services, protocols, read_ports(facts, "destinationPort")))


def read_match(facts: RuleFacts, services: AdminServices) -> MatchBounds:
    """Return what a rule matches if it may match one of these services.

    Many rules of many groups have the same text, such as Azure's default rules: those are read
    once.
    """
    wording = _wording(facts)
    if wording is None:
        return _read(facts, services)
    reading, doubts = _read_once(wording, services)
    facts.doubts += doubts
    return reading


def _wording(facts: RuleFacts) -> _Wording | None:
    """Return the text of a rule, None if it is long or has other values, such as groups or odd types."""
    protocol = facts.value("protocol")
    groups = (facts.value(f"{each}ApplicationSecurityGroups") for each in ("source", "destination"))
    if not isinstance(protocol, str) or any(each is not None and each != [] for each in groups):
        return None
    texts = [facts.texts(*each) for each in _TEXTS]
    return _Wording(protocol, *texts) if sum(map(len, texts)) <= _MOST_WORDS else None


@functools.lru_cache(maxsize=_REMEMBERED)
def _read_once(wording: _Wording, services: AdminServices) -> tuple[MatchBounds, tuple[str, ...]]:
    """Return what a rule with this text matches, and the doubts found while reading it."""
    facts = wording.facts()
    reading = _read(facts, services)
    return reading, tuple(facts.doubts)


def _read(facts: RuleFacts, services: AdminServices) -> MatchBounds:
    protocols = facts.word("protocol", _PROTOCOLS)
    ports = read_ports(facts, "destinationPort")
    sources, destinations = read_sources(facts), read_destinations(facts)
    source_ports = read_ports(facts, "sourcePort")
    return MatchBounds(
        known=PacketMatch(
            services=_of(services, protocols or frozenset(), ports.known),
            sources=sources.known,
            destinations=destinations.known,
            groups=destinations.groups,
            source_ports=source_ports.known,
        ),
        widest=PacketMatch(
            services=_widest(services, protocols, ports),
            sources=sources.widest,
            destinations=destinations.widest,
            groups=destinations.groups,
            source_ports=source_ports.widest,
        ),
        customers=sources.customers,
        lacking=sources.lacking,
        network=sources.network,
        opens_more=bool(ports.known - _ports_of(services)),
    )


@functools.lru_cache(maxsize=8)
def _ports_of(services: AdminServices) -> IntervalSet:
    return IntervalSet.of((each.port, each.port + 1) for each in services)


def _widest(
    services: AdminServices, protocols: frozenset[str] | None, ports: Ports
) -> AdminServices:
    return _of(services, _ANY_PROTOCOL if protocols is None else protocols, ports.widest)


def _of(services: AdminServices, protocols: frozenset[str], ports: IntervalSet) -> AdminServices:
    return tuple(s for s in services if s.protocol in protocols and s.port in ports)
