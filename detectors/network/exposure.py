"""Who gets through a group's rules to an administrative port: exact, and for every destination.

Everything about a packet but its source address is its lane, as far as the rules tell packets
apart: the service, the sender's port, the destination address, and which of the application
security groups that the rules name the destination is in: one or none, since a further membership
adds only Denies to what an Allow needs. Lanes are numbered, and a set of lanes is an integer used
as bits; an Allow lets a source in if, in one of its lanes, no earlier Deny covers that source.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detectors.network.addresses import EVERYWHERE, IPV4, IPV6, NOWHERE
from detectors.network.intervals import IntervalSet
from detectors.network.match_fields import ANY_PORT
from detectors.network.matches import ADMINISTRATIVE, Match, Service
from detectors.network.security_rules import Rule


@dataclass(frozen=True, slots=True)
class Opening:
    """What one Allow lets through to one service.

    ``addresses`` are public and not approved; ``customers`` are tags for any customer's machines.
    ``certain`` is False where that is only the most a doubtful rule could let in.
    """

    rule: Rule
    service: Service
    addresses: IntervalSet
    customers: tuple[str, ...]
    certain: bool


class Lanes:
    """Numbers the lanes that some rules tell apart."""

    def __init__(self, matches: Iterable[Match]) -> None:
        addresses, ports = set(IPV4.bounds + IPV6.bounds), set(ANY_PORT.bounds)
        groups: set[str] = set()
        for match in matches:
            addresses.update(match.destinations.bounds)
            ports.update(match.source_ports.bounds)
            groups |= match.groups
        self._addresses, self._ports = sorted(addresses), sorted(ports)
        self._members = ["", *sorted(groups)]
        self._width = len(addresses) - 1

    def of(self, match: Match) -> int:
        """Return the lanes a match takes."""
        by_address = _cells(self._addresses, match.destinations)
        by_port = _cells(self._ports, match.source_ports)
        block = len(self._members) * self._width
        destinations = 0
        for index, member in enumerate(self._members):
            cells = (1 << self._width) - 1 if member in match.groups else by_address
            destinations |= cells << index * self._width
        lanes = 0
        for index in range(len(self._ports) - 1):
            if by_port >> index & 1:
                lanes |= destinations << index * block
        stride = (len(self._ports) - 1) * block
        return sum(lanes << ADMINISTRATIVE.index(each) * stride for each in match.services)


def _cells(cuts: list[int], chosen: IntervalSet) -> int:
    """Return which cells between the cuts are chosen; intervals begin and end at cuts."""
    cells = 0
    for start, end in chosen.intervals():
        first, last = bisect_left(cuts, start), bisect_left(cuts, end)
        cells |= ((1 << last - first) - 1) << first
    return cells


def find_openings(rules: tuple[Rule, ...], public: IntervalSet) -> Iterator[Opening]:
    """Yield what each Allow lets in from the public addresses, first match wins.

    An Allow is asked apart from the Allows before it: to close a port, all of them must go.
    """
    last = max((index for index, rule in enumerate(rules) if rule.allows), default=-1)
    walk = _Walk(rules[: last + 1], public)
    for rule in rules[: last + 1]:
        if rule.allows:
            yield from walk.ask(rule)
        else:
            walk.deny(rule)


class _Walk:
    """The state of asking rules in order: what is denied so far in which lanes."""

    def __init__(self, rules: Iterable[Rule], public: IntervalSet) -> None:
        readings = [rule.reading for rule in rules]
        self._lanes = Lanes(
            each for reading in readings for each in (reading.known, reading.widest)
        )
        self._families = tuple(
            (public & family, self._lanes.of(Match(destinations=family))) for family in (IPV4, IPV6)
        )
        self._services = {
            service: self._lanes.of(Match(services=(service,))) for service in ADMINISTRATIVE
        }
        self._public = public
        # The lanes in which exactly these sources are denied; every lane is in one entry.
        self._denied = defaultdict[IntervalSet, int](int, {NOWHERE: self._lanes.of(Match())})

    def deny(self, rule: Rule) -> None:
        """Mask exactly what the rule covers."""
        match = rule.reading.known
        masked = match.sources & self._public
        if not masked:
            return
        lanes = self._lanes.of(match)
        touched = [(old, where & lanes) for old, where in self._denied.items() if where & lanes]
        for old, where in touched:
            self._denied[old] &= ~where
            if not self._denied[old]:
                del self._denied[old]
        for old, where in touched:
            self._denied[old | masked] |= where

    def ask(self, rule: Rule) -> Iterator[Opening]:
        """Yield what an Allow lets in: for certain or, if that is nothing, perhaps."""
        found = list(self._certain(rule)) if rule.certain else []
        if not found and (rule.doubts or rule.reading.lacking):
            found = list(self._possible(rule))
        yield from found

    def _certain(self, rule: Rule) -> Iterator[Opening]:
        match, customers = rule.reading.known, rule.reading.customers
        lanes = self._lanes.of(match)
        for service in match.services:
            here = lanes & self._services[service]
            addresses = self._let_in(match.sources, here)
            # Which addresses such a tag holds is not known: it is open as long as anything is.
            if addresses or (customers and self._let_in(EVERYWHERE, here)):
                yield Opening(rule, service, addresses, customers, certain=True)

    def _possible(self, rule: Rule) -> Iterator[Opening]:
        match = rule.reading.widest
        lanes = self._lanes.of(match)
        for service in match.services:
            addresses = self._let_in(match.sources, lanes & self._services[service])
            if addresses:
                yield Opening(rule, service, addresses, rule.reading.customers, certain=False)

    def _let_in(self, sources: IntervalSet, lanes: int) -> IntervalSet:
        """Return the public sources that get through in one of the lanes at least."""
        let_in = NOWHERE
        for public, family in self._families:
            wanted = sources & public
            for denied, where in self._denied.items():
                if wanted and where & lanes & family:
                    let_in |= wanted - denied
        return let_in
