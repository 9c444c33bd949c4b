"""A group's rules for one address behind it, and the traffic that they allow to it."""

from collections.abc import Iterable
from dataclasses import replace

from detectors.ip.addresses import EVERYWHERE, NOWHERE
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PRIVATE
from detectors.nsg.exposure import Opening, find_openings
from detectors.nsg.matches import AdminService, PacketMatch
from detectors.nsg.security_rules import SecurityRule
from detectors.topology.interfaces import InboundAddress

Rules = tuple[SecurityRule, ...]
LetIn = dict[AdminService, IntervalSet]


def to_address(rules: Rules, address: InboundAddress) -> Rules:
    """Return the rules that may apply to packets to this address."""
    return tuple(_narrowed(each, address) for each in rules if _meets(each.reading.widest, address))


def _narrowed(rule: SecurityRule, address: InboundAddress) -> SecurityRule:
    reading = rule.reading
    known, widest = _to(reading.known, address), _to(reading.widest, address)
    if known is reading.known and widest is reading.widest:
        return rule
    return replace(rule, reading=replace(reading, known=known, widest=widest))


def _to(match: PacketMatch, address: InboundAddress) -> PacketMatch:
    if match.destinations == EVERYWHERE and not match.groups:
        return match
    met = EVERYWHERE if _meets(match, address) else NOWHERE
    return replace(match, destinations=met, groups=frozenset())


def _meets(match: PacketMatch, address: InboundAddress) -> bool:
    return address.place in match.destinations or not match.groups.isdisjoint(address.groups)


def at_most(rules: Rules) -> Rules:
    """Return the rules with every Allow in doubt widened to all that it may allow."""
    return tuple(_widest(each) if each.allows else each for each in rules)


def _widest(rule: SecurityRule) -> SecurityRule:
    reading = replace(rule.reading, known=rule.reading.widest, customers=(), lacking=())
    return replace(rule, reading=reading, certain=True, doubts=())


def from_network(rules: Rules, network: IntervalSet) -> Rules:
    """Return the rules with addresses in place of the service tag VirtualNetwork.

    An Allow, also one in doubt, covers at least the known network; a Deny covers every private
    address, since those come from the network, its peers or its gateways.
    """
    return tuple(_resolved(each, network) if each.reading.network else each for each in rules)


def _resolved(rule: SecurityRule, network: IntervalSet) -> SecurityRule:
    sources = network if rule.allows else PRIVATE
    known, widest = (
        replace(each, sources=each.sources | sources)
        for each in (rule.reading.known, rule.reading.widest)
    )
    return replace(rule, reading=replace(rule.reading, known=known, widest=widest))


def certain_openings(rules: Rules, sources: IntervalSet) -> tuple[Opening, ...]:
    """Return what the rules certainly allow of these sources."""
    return tuple(each for each in find_openings(rules, sources) if each.certain)


def let_in(openings: Iterable[Opening]) -> LetIn:
    """Return the sources that can reach each service."""
    found: LetIn = {}
    for each in openings:
        found[each.service] = found.get(each.service, NOWHERE) | each.addresses
    return found
