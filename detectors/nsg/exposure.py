"""Which sources a group's rules allow to an administrative port: exact, for every destination.

A lane is a packet without its source address, as far as the Denies distinguish packets. It has the
service, the source port, the destination address, and one or no application security group of the
destination, because a further membership only adds Denies. An Allow admits a source if no earlier
Deny covers that source in one of its lanes: so all sources except those that are denied in every
one of its lanes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product
from operator import and_

from detectors.ip.addresses import EVERYWHERE, IPV4, IPV6, NOWHERE
from detectors.ip.breakpoints import Axis
from detectors.ip.intervals import IntervalSet
from detectors.nsg.match_fields import ANY_PORT
from detectors.nsg.matches import AdminService, PacketMatch
from detectors.nsg.security_rules import SecurityRule


@dataclass(frozen=True, slots=True)
class Opening:
    """The sources that one Allow admits to one service.

    ``addresses`` are public and not approved; ``customers`` are tags for any customer's machines.
    ``certain`` is False if this is the most that a doubtful rule could admit.
    """

    rule: SecurityRule
    service: AdminService
    addresses: IntervalSet
    customers: tuple[str, ...]
    certain: bool


def find_openings(rules: tuple[SecurityRule, ...], public: IntervalSet) -> Iterator[Opening]:
    """Yield what each Allow admits from the public addresses, first match wins.

    Earlier Allows do not hide a later one: to close a port, all of them must be removed.
    """
    denies = _Denies(rule.reading.known for rule in rules if not rule.allows)
    below = 0
    for rule in rules:
        if rule.allows:
            yield from _ask(rule, denies, below, public)
        else:
            below += 1


def _ask(
    rule: SecurityRule, denies: "_Denies", below: int, public: IntervalSet
) -> Iterator[Opening]:
    """Yield what an Allow admits: for certain or, if that is nothing, possibly."""
    reading = rule.reading
    found = False
    for service in reading.known.services if rule.certain else ():
        match, customers = reading.known, reading.customers
        addresses = denies.let_in(match.sources & public, match, service, below)
        # The addresses of such a tag are unknown: it is open as long as any address is.
        if addresses or (customers and denies.let_in(public, match, service, below)):
            found = True
            yield Opening(rule, service, addresses, customers, certain=True)
    if found or not (rule.doubts or reading.lacking):
        return
    for service in reading.widest.services:
        addresses = denies.let_in(reading.widest.sources & public, reading.widest, service, below)
        if addresses:
            yield Opening(rule, service, addresses, reading.customers, certain=False)


class _Denies:
    """All Denies of a group in order; a set of them is an integer used as bits."""

    def __init__(self, matches: Iterable[PacketMatch]) -> None:
        denies = tuple(matches)
        self._sources = [each.sources for each in denies]
        self._denies = denies
        self._groups, self._services = (
            defaultdict[str, int](int),
            defaultdict[AdminService, int](int),
        )
        for index, each in enumerate(denies):
            for group in each.groups:
                self._groups[group] |= 1 << index
            for service in each.services:
                self._services[service] |= 1 << index
        self._everywhere = sum(
            1 << at for at, each in enumerate(denies) if _denies_everywhere(each)
        )
        self._unions: dict[int, IntervalSet] = {0: NOWHERE}

    @cached_property
    def _ports(self) -> Axis:
        return Axis(each.source_ports for each in self._denies)

    @cached_property
    def _destinations(self) -> Axis:
        return Axis(each.destinations for each in self._denies)

    def let_in(
        self, wanted: IntervalSet, match: PacketMatch, service: AdminService, below: int
    ) -> IntervalSet:
        """Return the sources that the first ``below`` Denies leave open on one of the match's lanes.

        A Deny for every port and every destination applies in every lane.
        """
        acting = self._services[service] & (1 << below) - 1
        everywhere = acting & self._everywhere
        wanted = wanted - self._union(everywhere) if everywhere else wanted
        acting ^= everywhere
        if not wanted or not match.source_ports:
            return NOWHERE
        if not acting and match.destinations == EVERYWHERE:
            return wanted
        ports = {each & acting for each in self._ports.holding(match.source_ports)}
        let_in = NOWHERE
        for family in (IPV4, IPV6):
            here = wanted & family
            if here:
                places = {each & acting for each in self._places(match, family)}
                let_in |= self._through(here, ports, places)
        return let_in

    def _places(self, match: PacketMatch, family: IntervalSet) -> set[int]:
        """Return which Denies meet at each destination: an address, or a member of a group."""
        places = self._destinations.holding(match.destinations & family)
        for group in match.groups:
            members = self._destinations.holding(family)
            places |= {each | self._groups[group] for each in members}
        return places

    def _through(self, wanted: IntervalSet, ports: set[int], places: set[int]) -> IntervalSet:
        """Return the sources that are not denied in every lane, a lane being a port and a place.

        The Denies of all lanes deny everywhere; the rest is tried where the fewest Denies meet.
        """
        if not ports or not places:
            return NOWHERE
        left = wanted - self._union(reduce(and_, ports) & reduce(and_, places))
        denied, first = left, 0
        for port, place in product(*(sorted(each, key=int.bit_count) for each in (ports, places))):
            lane = port & place
            if not denied:
                break
            if first and lane & first == first:
                continue  # what the first lane tried denies is denied here too
            denied &= self._union(lane)
            first = first or lane
        return left - denied

    def _union(self, acting: int) -> IntervalSet:
        if acting not in self._unions:
            self._unions[acting] = IntervalSet.of(
                interval for at in _bits(acting) for interval in self._sources[at].intervals()
            )
        return self._unions[acting]


def _denies_everywhere(deny: PacketMatch) -> bool:
    return deny.destinations == EVERYWHERE and deny.source_ports == ANY_PORT


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
