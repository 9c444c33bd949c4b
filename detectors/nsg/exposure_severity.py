"""The severity of an opening by the resources behind the group: they may only lower it.

Only data that was read counts as proof. Security admin rules of a network manager are not
evaluated, because they need a POST. The SKU of public addresses is not evaluated, because a group
that allows a source opens a Standard address. Routes, firewalls and load balancers of other
subscriptions are not visible either, so an opening never passes.
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
    """A severity, and the sentence that explains it, "" for none."""

    severity: Severity
    why: str


def effect_of(
    group: Resource, estate: Estate, *, rules: Rules, public: IntervalSet, severity: Severity
) -> Effect:
    """Return the effective severity of an opening of these rules to these addresses."""
    try:
        if not is_attached(group):
            return Effect(Severity.LOW, "The group is not attached to a subnet or an interface.")
        behind = look_behind(group, estate)
        for each in behind.gaps:
            raise each
        ways = _ways_in(behind.ways, rules, public)
        left = [way for way, here in ways if not _is_closed(way, here, public, estate)]
        led = _led_to(left, estate)
    except Unreadable as error:
        return Effect(severity, f"The resources behind the group were not evaluated ({error}).")
    if not ways:
        return Effect(Severity.LOW, "It reaches no address behind the group.")
    if not left:
        others = dict.fromkeys(name_of(way.other) for way, _ in ways)
        why = f"The group at the other level still blocks this traffic: {listed(list(others))}."
        return Effect(Severity.LOW, why)
    if led:
        return Effect(severity, f"It leads to {listed(list(dict.fromkeys(led)))}.")
    why = "No resource behind the group is known to have a public address, a load balancer or a gateway."
    return Effect(severity.lowered(), why)


def _led_to(ways: list[Way], estate: Estate) -> list[str]:
    """Return in words what the Internet reaches: as the interface shows, else by its address.

    Raise Unreadable where nothing is reached, and an unreadable load balancer may forward.
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
        f"{_named(way)} by load balancer {each.name}, whose pool contains its address"
        for each in found
    )


def _named(way: Way) -> str:
    return name_of(way.interface.machine or way.interface.id)


def _ways_in(ways: Iterable[Way], rules: Rules, public: IntervalSet) -> list[tuple[Way, LetIn]]:
    """Return the paths that the group itself may allow, and the largest set of sources."""
    asked = ((each, _at_most(rules, public, each)) for each in ways)
    return [(way, here) for way, here in asked if here]


def _at_most(rules: Rules, public: IntervalSet, way: Way) -> LetIn:
    narrowed = at_most(to_address(rules, way.address))
    return let_in(certain_openings(narrowed, public & way.address.family))


def _is_closed(way: Way, here: LetIn, public: IntervalSet, estate: Estate) -> bool:
    """Tell whether the group at the other level denies everything that this one may allow."""
    if not way.other:
        return False
    other = estate.get(way.other)
    if other is None:
        raise Unreadable(way.other, "it is referenced but does not exist")
    there = _at_most(rules_of(other, estate.baseline.admin_ports), public, way)
    return not any(here[each] & there[each] for each in here.keys() & there.keys())
