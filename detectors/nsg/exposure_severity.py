"""How bad an opening is, by what stands behind the group: it may lower a severity, nothing more.

Only what was read and proves it counts. Security admin rules of a network manager, and whether a
public address is of a kind that is closed by default, are left out: the first need a POST, and a
group that lets somebody in opens the second. Routes, firewalls and the load balancers of other
subscriptions are not seen either, so that an opening is never said to be none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detectors.ip.intervals import IntervalSet
from detectors.nsg.reach import LetIn, Rules, at_most, certain_openings, let_in, to_address
from detectors.nsg.security_rules import rules_of
from detectors.nsg.wording import listed
from detectors.topology.load_balancer_pools import balancers_near, pools_with, seat_of
from detectors.topology.protected_interfaces import Way, is_attached, look_behind
from drift.errors import Unreadable
from drift.estate import Estate
from drift.ids import name_of
from drift.model import Resource, Severity


@dataclass(frozen=True, slots=True)
class Effect:
    """A severity, and what to say of why it is no other."""

    severity: Severity
    why: str


def effect_of(
    group: Resource, estate: Estate, *, rules: Rules, public: IntervalSet, severity: Severity
) -> Effect:
    """Return the severity that an opening of these rules to these addresses has in effect."""
    try:
        if not is_attached(group):
            return Effect(Severity.LOW, "the group is attached to nothing yet")
        behind = look_behind(group, estate)
        for each in behind.gaps:
            raise each
        ways = _ways_in(behind.ways, rules, public)
        left = [way for way, here in ways if not _is_closed(way, here, public, estate)]
        led = _led_to(left, estate)
    except Unreadable as error:
        return Effect(severity, f"what stands behind the group was not looked at: {error}")
    if not ways:
        return Effect(severity, "")
    if not left:
        others = dict.fromkeys(name_of(way.other) for way, _ in ways)
        why = f"{listed(list(others))} at the other level still lets none of it through"
        return Effect(Severity.LOW, why)
    if led:
        return Effect(severity, f"it leads to {listed(list(dict.fromkeys(led)))}")
    why = "nothing behind the group is seen to have a public address, a load balancer or a gateway"
    return Effect(severity.lowered(), why)


def _led_to(ways: list[Way], estate: Estate) -> list[str]:
    """Return in words what is led to from outside: as its interface shows, else by its address.

    Raise Unreadable where nothing is, and a load balancer that cannot be read may name an address.
    """
    led = [f"{_named(each)} by {each.address.leads_in}" for each in ways if each.address.leads_in]
    return led or [words for each in ways for words in _led_by_number(each, estate)]


def _led_by_number(way: Way, estate: Estate) -> Iterator[str]:
    seats = (seat_of(way.address.place, way.address.subnet),)
    balancers, doubt = balancers_near(seats, way.interface.id, estate)
    found = [each for each in balancers if pools_with(each, seats)]
    if doubt and not found:
        raise doubt
    return (
        f"{_named(way)} by load balancer {each.name}, which names its address" for each in found
    )


def _named(way: Way) -> str:
    return name_of(way.interface.machine or way.interface.id)


def _ways_in(ways: Iterable[Way], rules: Rules, public: IntervalSet) -> list[tuple[Way, LetIn]]:
    """Return the ways that the group itself may let somebody in by, and whom at the most."""
    asked = ((each, _at_most(rules, public, each)) for each in ways)
    return [(way, here) for way, here in asked if here]


def _at_most(rules: Rules, public: IntervalSet, way: Way) -> LetIn:
    narrowed = at_most(to_address(rules, way.address))
    return let_in(certain_openings(narrowed, public & way.address.family))


def _is_closed(way: Way, here: LetIn, public: IntervalSet, estate: Estate) -> bool:
    """Tell whether the group at the other level denies whatever this one may let in."""
    if not way.other:
        return False
    other = estate.get(way.other)
    if other is None:
        raise Unreadable(way.other, "it is named, and does not exist")
    there = _at_most(rules_of(other), public, way)
    return not any(here[each] & there[each] for each in here.keys() & there.keys())
