"""Azure's rule walk, one packet at a time: slow, plain, and apart from the evaluator it checks.

It shares no code with the evaluator: it reads prefixes, ports and tags by itself. To be complete it
sends, for every stretch of addresses that rules, approved networks or the registries tell apart, the
first address of the stretch; for every destination likewise.
"""

import ipaddress
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

SERVICES = (("tcp", 22), ("tcp", 3389), ("udp", 3389))
FAMILY_BITS = {4: 32, 6: 128}

# Not globally reachable according to IANA, as first-last, so that nothing here parses prefixes.
_SPECIAL = (
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.8"),
    ("192.0.0.11", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "255.255.255.255"),
    ("::", "::1"),
    ("::ffff:0:0", "::ffff:ffff:ffff"),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
    ("100::", "100::1:ffff:ffff:ffff:ffff"),
    ("2001:1::", "2001:1::"),
    ("2001:1::4", "2001:2:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:4::", "2001:4:111:ffff:ffff:ffff:ffff:ffff"),
    ("2001:4:113::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
)

Address = tuple[int, int]
"""A family, 4 or 6, and a number."""

Block = tuple[int, int, int]
"""A family, and the first and the last number of a block."""


def block(text: str) -> Block:
    if not text.partition("/")[2].isdigit() and "/" in text:
        raise ValueError(text)  # ip_network takes masks, which Azure does not
    network = ipaddress.ip_network(text, strict=False)
    return network.version, int(network.network_address), int(network.broadcast_address)


def _special() -> Iterator[Block]:
    for first, last in _SPECIAL:
        address = ipaddress.ip_address(first)
        yield address.version, int(address), int(ipaddress.ip_address(last))


SPECIAL = tuple(_special())
EVERYTHING = ((4, 0, (1 << 32) - 1), (6, 0, (1 << 128) - 1))


def within(address: Address, blocks: Iterable[Block]) -> bool:
    family, number = address
    return any(family == kind and first <= number <= last for kind, first, last in blocks)


@dataclass
class Addresses:
    """What a list of prefixes and tags says: blocks, and whether the rest is unclear."""

    blocks: list[Block] = field(default_factory=list)
    rented: bool = False  # AzureCloud: machines of any customer
    lacking: bool = False  # a tag whose addresses nobody told us
    broken: bool = False

    def has(self, address: Address, *, rented: bool = False) -> bool | None:
        if within(address, self.blocks) or (rented and self.rented):
            return True
        return None if self.lacking or self.broken else False


@dataclass
class Rule:
    priority: int | None
    allows: bool | None
    inbound: bool | None
    protocols: set[str] | None
    ports: list[tuple[int, int]]
    ports_broken: bool
    source_ports: list[tuple[int, int]]
    source_ports_broken: bool
    sources: Addresses
    destinations: Addresses
    groups: list[str]
    conflict: bool = False

    @property
    def broken(self) -> bool:
        return (
            self.conflict
            or None in {self.priority, self.allows, self.inbound}
            or self.protocols is None
            or self.ports_broken
            or self.source_ports_broken
            or self.sources.broken
            or self.destinations.broken
        )

    def serves(self, service: tuple[str, int]) -> bool | None:
        protocol, port = service
        if self.protocols is not None and protocol not in self.protocols:
            return False
        if any(first <= port <= last for first, last in self.ports):
            return None if self.protocols is None else True
        return None if self.ports_broken else False

    def reaches(self, address: Address, member: str, source_port: int) -> bool | None:
        if any(first <= source_port <= last for first, last in self.source_ports):
            from_port: bool | None = True
        else:
            from_port = None if self.source_ports_broken else False
        to = True if member in self.groups else self.destinations.has(address)
        return False if False in {from_port, to} else (None if None in {from_port, to} else True)


def _texts(properties: dict[str, Any], singular: str, plural: str) -> list[str]:
    one, many = properties.get(singular), properties.get(plural)
    return ([one] if one else []) + list(many or [])


def _ports(texts: Sequence[str]) -> tuple[list[tuple[int, int]], bool]:
    ranges, broken = [], not texts
    for text in texts:
        ends = ["0", "65535"] if text == "*" else text.split("-")
        if len(ends) <= 2 and all(end.isdigit() and int(end) <= 65535 for end in ends):
            first, last = int(ends[0]), int(ends[-1])
            broken = broken or first > last
            ranges += [(first, last)] if first <= last else []
        else:
            broken = True
    return ranges, broken


def _addresses(texts: Sequence[str], everyone: set[str], platform: set[str]) -> Addresses:
    found = Addresses()
    for text in texts:
        word = text.lower()
        if word in everyone:
            found.blocks += EVERYTHING
        elif word.startswith("azurecloud") and platform:
            found.rented = True
        elif word in platform:
            continue
        elif word.isalpha() and platform:
            found.lacking = True
        else:
            try:
                found.blocks.append(block(text))
            except ValueError:
                found.broken = True
                found.blocks += EVERYTHING if text.endswith("/0") else ()
    return found


def parse(raw: dict[str, Any]) -> Rule:
    facts = raw["properties"]
    word = {name: str(facts.get(name)).lower() for name in ("access", "direction", "protocol")}
    ports, ports_broken = _ports(_texts(facts, "destinationPortRange", "destinationPortRanges"))
    source_ports, source_ports_broken = _ports(_texts(facts, "sourcePortRange", "sourcePortRanges"))
    source_texts = _texts(facts, "sourceAddressPrefix", "sourceAddressPrefixes")
    sources = _addresses(
        source_texts,
        {"*", "any", "internet"},
        {"virtualnetwork", "azureloadbalancer", "gatewaymanager"},
    )
    sources.broken |= not source_texts and not facts.get("sourceApplicationSecurityGroups")
    texts = _texts(facts, "destinationAddressPrefix", "destinationAddressPrefixes")
    destinations = _addresses(texts, {"*", "any", "virtualnetwork"}, set())
    groups = [each["id"].lower() for each in facts.get("destinationApplicationSecurityGroups", [])]
    destinations.broken |= not texts and not groups
    protocols = {"*": {"tcp", "udp"}, "tcp": {"tcp"}, "udp": {"udp"}, "icmp": set()}
    priority = facts.get("priority")
    return Rule(
        priority=priority if isinstance(priority, int) else None,
        allows={"allow": True, "deny": False}.get(word["access"]),
        inbound={"inbound": True, "outbound": False}.get(word["direction"]),
        protocols=protocols.get(word["protocol"]),
        ports=ports,
        ports_broken=ports_broken,
        source_ports=source_ports,
        source_ports_broken=source_ports_broken,
        sources=sources,
        destinations=destinations,
        groups=groups,
    )


def _joined(stretches: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for family, first, last in sorted(stretches):
        if joined and joined[-1][0] == family and joined[-1][2] + 1 == first:
            joined[-1] = (family, joined[-1][1], last)
        else:
            joined.append((family, first, last))
    return joined


@dataclass
class Findings:
    """The result of the packets. ``open`` has the public ranges that can enter for certain, by service."""

    open: dict[tuple[str, int], list[Block]] = field(default_factory=dict)
    rented: bool = False
    possible: bool = False

    @property
    def certain(self) -> bool:
        return bool(self.rented or any(self.open.values()))


class Oracle:
    """Sends packets through a group's rules."""

    def __init__(self, raw_rules: Sequence[dict[str, Any]], approved: Sequence[str]) -> None:
        self.rules = [each for each in map(parse, raw_rules) if each.inbound is not False]
        self.approved = [block(each) for each in approved]
        self._mark_conflicts()
        self.sources = list(self._stretches())
        self.destinations = list(self._destinations())
        self.walks = {service: list(self._walks(service)) for service in SERVICES}

    def _mark_conflicts(self) -> None:
        """Two rules of one priority that can meet in a packet: unless both allow, it is unclear."""
        near = [r for r in self.rules if any(r.serves(s) is not False for s in SERVICES)]
        for each in near:
            others = [r for r in near if r is not each and r.priority == each.priority is not None]
            each.conflict = any(each.allows is False or r.allows is False for r in others)

    def _stretches(self) -> Iterator[Block]:
        """Yield the stretches of public, unapproved addresses that nothing here tells apart."""
        blocks = [*SPECIAL, *self.approved, *EVERYTHING]
        for each in self.rules:
            blocks += each.sources.blocks
        for family, bits in FAMILY_BITS.items():
            here = [each for each in blocks if each[0] == family]
            starts = {first for _, first, _ in here} | {last + 1 for _, _, last in here}
            order = sorted(starts | {1 << bits})
            for start, after in itertools.pairwise(order):
                if start >> bits or within((family, start), [*SPECIAL, *self.approved]):
                    continue
                yield family, start, after - 1

    def _destinations(self) -> Iterator[tuple[Address, str, int]]:
        """Yield an address, a membership and a source port for every sort of destination."""
        blocks = [b for each in self.rules for b in each.destinations.blocks] + list(EVERYTHING)
        starts = {(family, first) for family, first, _ in blocks}
        starts |= {
            (family, last + 1)
            for family, _, last in blocks
            if not (last + 1) >> FAMILY_BITS[family]
        }
        members = {"", *(name for each in self.rules for name in each.groups)}
        ports = {0, *(first for each in self.rules for first, _ in each.source_ports)}
        ports |= {last + 1 for each in self.rules for _, last in each.source_ports if last < 65535}
        for address in starts:
            for member in members:
                for port in ports:
                    yield address, member, port

    def lets_in(self, service: tuple[str, int], source: Address) -> bool:
        """Tell whether a public, unapproved source gets to some destination for certain."""
        return not within(source, [*SPECIAL, *self.approved]) and any(
            self._first_match(rules, source)
            for rules, family in self.walks[service]
            if family == source[0]
        )

    def find(self) -> Findings:
        found = Findings()
        for service in SERVICES:
            let_in = [each for each in self.sources if self.lets_in(service, each[:2])]
            found.open[service] = _joined(let_in)
            found.rented |= any(
                self._lets_rented_in(rules, (kind, first))
                for rules, family in self.walks[service]
                for kind, first, _ in self.sources
                if kind == family
            )
            found.possible |= self._possible(service)
        return found

    def _walks(self, service: tuple[str, int]) -> Iterator[tuple[list[tuple[Rule, bool]], int]]:
        """Yield, per sort of destination, the rules a packet meets there for certain, in order."""
        order = sorted(
            (each for each in self.rules if not each.conflict and each.priority is not None),
            key=lambda each: each.priority or 0,
        )
        seen = set()
        for address, member, port in self.destinations:
            met = tuple(
                index
                for index, each in enumerate(order)
                if each.allows is not None
                and each.inbound is not None
                and not (each.allows is False and each.broken)
                and each.serves(service) is True
                and each.reaches(address, member, port) is True
            )
            if (met, address[0]) not in seen:
                seen.add((met, address[0]))
                yield [(order[index], order[index].allows is True) for index in met], address[0]

    @staticmethod
    def _first_match(rules: list[tuple[Rule, bool]], source: Address) -> bool:
        return next((allows for each, allows in rules if each.sources.has(source)), False)

    @staticmethod
    def _lets_rented_in(rules: list[tuple[Rule, bool]], source: Address) -> bool:
        """Tell whether a machine that AzureCloud may name gets in at this address."""
        for each, allows in rules:
            if allows and each.sources.rented:
                return True
            if not allows and each.sources.has(source):
                return False
        return False

    def _possible(self, service: tuple[str, int]) -> bool:
        """Tell whether an Allow that is not clear could let in a packet that no clear Deny stops."""
        unclear = [
            each
            for each in self.rules
            if each.allows is not False and (each.broken or each.sources.lacking)
        ]
        denies = [each for each in self.rules if each.allows is False and not each.broken]
        return any(self._may_let_in(each, denies, service) for each in unclear)

    def _may_let_in(self, allow: Rule, denies: list[Rule], service: tuple[str, int]) -> bool:
        placed = allow.priority is not None and not allow.conflict
        placed = placed and allow.allows is True and allow.inbound is True
        before = [d for d in denies if placed and (d.priority or 0) < (allow.priority or 0)]
        before = [d for d in before if d.serves(service)]
        if allow.serves(service) is False:
            return False
        for address, member, port in self.destinations:
            if allow.reaches(address, member, port) is False:
                continue
            met = [d for d in before if d.reaches(address, member, port)]
            for family, first, _ in self.sources:
                source = (family, first)
                if family != address[0] or allow.sources.has(source, rented=True) is False:
                    continue
                if not any(d.sources.has(source) for d in met):
                    return True
        return False
