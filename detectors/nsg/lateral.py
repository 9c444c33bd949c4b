"""Whether private networks reach SSH or RDP of a machine that is known to hold PHI.

The default rule AllowVnetInBound allows every machine of the network, of its peers and of networks
behind a gateway. Administrators use Azure Bastion, a jumpbox or an approved network.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from detectors.ip.addresses import NOWHERE, union_of
from detectors.ip.intervals import IntervalSet
from detectors.ip.public_space import PRIVATE, private_but
from detectors.jumpboxes import is_jumpbox
from detectors.nsg.closing_fix import closed_inside
from detectors.nsg.exposure import Opening, find_openings
from detectors.nsg.reach import LetIn, Rules, from_network, let_in, to_address
from detectors.nsg.rule_evidence import openings_evidence
from detectors.nsg.security_rules import rules_of
from detectors.nsg.wording import lateral_text
from detectors.topology.approved_private_sources import admitted, known_network
from detectors.topology.protected_interfaces import Way, is_attached, look_behind
from drift import ids
from drift.errors import NotGiven, Unreadable
from drift.estate import Estate
from drift.model import Outcome, Resource, Severity, Verdict
from drift.phi.inheritance import scope_sources

_CLOSED: Final = "These rules allow no private network except the approved ones."
_NONE_KNOWN: Final = "Private networks reach no machine that is known to hold PHI."


@dataclass(frozen=True, slots=True)
class _Reached:
    """A machine that must not be reachable, and the rules that let private addresses reach it."""

    machine: Resource
    openings: tuple[Opening, ...]


def lateral(rules: Rules, group: Resource, estate: Estate) -> Verdict:
    """Fail where a machine with PHI is known to be reached.

    Resources that are not given, or whose type is not evaluated, do not prevent a pass. Refused
    reads, and resources beyond the limit, may hide such a machine: the result is then unknown.
    """
    asked = private_but(estate.baseline.approved_networks)
    if not is_attached(group) or not any(find_openings(from_network(rules, PRIVATE), asked)):
        return Verdict(Outcome.NOT_APPLICABLE, _CLOSED)
    behind = look_behind(group, estate)
    reached, gaps = list[_Reached](), list(behind.gaps)
    for way in behind.ways:
        try:
            reached += _reached(way, rules, asked, estate)
        except Unreadable as error:
            gaps.append(error)
    if reached:
        return _fail(reached, group, estate.baseline.admin_ports)
    for each in gaps:
        if not isinstance(each, NotGiven):
            raise each
    return Verdict(Outcome.PASS, _not_seen(gaps[0]) if gaps else _NONE_KNOWN)


def _not_seen(gap: Unreadable) -> str:
    return f"Access from private networks to resources behind the group was not evaluated ({gap})."


def _fail(reached: list[_Reached], group: Resource, ports: tuple[int, ...]) -> Verdict:
    openings = {(each.rule.path, each.service): each for one in reached for each in one.openings}
    machines = dict.fromkeys(each.machine.name for each in reached)
    found = tuple(openings.values())
    return Verdict(
        Outcome.FAIL,
        lateral_text(found, list(machines)),
        openings_evidence(found, "no private source except Azure Bastion"),
        Severity.MEDIUM,
        closed_inside(found, group, ports),
    )


def _reached(way: Way, rules: Rules, asked: IntervalSet, estate: Estate) -> Iterator[_Reached]:
    """Yield the machine at the end of a path if it must not be reachable."""
    openings = _openings(way, rules, asked, estate) if way.interface.machine else ()
    machine = estate.get(way.interface.machine) if openings else None
    if machine is None or is_jumpbox(machine, estate.baseline):
        return
    held = estate.holds_phi(machine)
    if held:
        yield _Reached(machine, openings)
    if held is None:
        _refuse_hidden_tags(machine, estate)


def _refuse_hidden_tags(machine: Resource, estate: Estate) -> None:
    """Raise Unreadable where a refused read hides whether a machine holds PHI."""
    for each in (*ids.lineage(machine.id), *(carrier.id for carrier in scope_sources(machine))):
        try:
            estate.get(each)
        except NotGiven:
            continue


def _openings(way: Way, rules: Rules, asked: IntervalSet, estate: Estate) -> tuple[Opening, ...]:
    """Return the rules that allow private addresses at both levels, except those of Azure Bastion.

    Raise Unreadable if no rule certainly does but a doubtful rule may.
    """
    here = _let_in(way, rules, asked)
    there = _let_in(way, _rules_at(way.other, estate), asked) if way.other else here
    openings = _both(here, let_in(each for each in there if each.certain))
    inside = union_of(each.addresses for each in openings)
    beyond = inside - admitted(inside, way.place, estate)
    if not beyond:
        _refuse_doubts((*here, *there))
    return tuple(each for each in openings if each.addresses & beyond)


def _refuse_doubts(openings: Iterable[Opening]) -> None:
    for each in openings:
        if each.rule.doubts and not each.certain:
            raise Unreadable(each.rule.label, ", ".join(each.rule.doubts))


def _let_in(way: Way, rules: Rules, asked: IntervalSet) -> tuple[Opening, ...]:
    narrowed = from_network(to_address(rules, way.address), known_network(way.place))
    return tuple(find_openings(narrowed, asked & way.address.family))


def _both(openings: Iterable[Opening], there: LetIn) -> tuple[Opening, ...]:
    return tuple(
        replace(each, addresses=each.addresses & there.get(each.service, NOWHERE))
        for each in openings
        if each.certain
    )


def _rules_at(group_id: str, estate: Estate) -> Rules:
    group = estate.get(group_id)
    if group is None:
        raise NotGiven(group_id, "it is referenced but does not exist")
    return rules_of(group, estate.baseline.admin_ports)
