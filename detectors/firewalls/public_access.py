"""Whether a resource is reached through public networks, and what then stands before it."""

from dataclasses import replace
from functools import partial
from typing import Final

from detectors.evidence import evidence
from detectors.facets import Facet, weakest
from detectors.firewalls import security_perimeter
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Control, Outcome, Resource, Verdict

ACCESS: Final = "properties.publicNetworkAccess"


def judge(
    control: Control, own: Facet, resource: Resource, estate: Estate, *, closed: str
) -> Verdict:
    """Judge the resource's own firewall, unless public access is off or a perimeter stands before it.

    Absent public network access is Enabled, as ARM documents of every type that has it. ``closed``
    says who gets in where it is off.
    """
    access = resource.word(ACCESS)
    if access == "disabled":
        found = (evidence(resource, ACCESS, "Disabled"),)
        return Verdict(Outcome.PASS, closed, found)
    if access == "securedbyperimeter":
        return _behind_perimeter(control, own, resource, estate)
    if access in {MISSING, "enabled"}:
        return own(resource, estate)
    raise Unreadable(ACCESS, "not an access we know")


def _behind_perimeter(control: Control, own: Facet, resource: Resource, estate: Estate) -> Verdict:
    """Judge the perimeters' profiles, and the resource's own firewall where they do not enforce."""
    found = estate.children(resource.id, security_perimeter.PERIMETERS)
    if not found:
        return _without_perimeter(own, resource, estate)
    sides: list[Facet] = [partial(security_perimeter.profile, each) for each in found]
    if not all(security_perimeter.enforces_alone(each) for each in found):
        sides.append(partial(_in_transition, own))
    return weakest(control, sides, resource, estate)


def _without_perimeter(own: Facet, resource: Resource, estate: Estate) -> Verdict:
    """Pass only where the resource's own firewall would: no association enforces anything."""
    verdict = own(resource, estate)
    if verdict.outcome is Outcome.PASS:
        return verdict
    reason = "access is left to a network security perimeter, but it is in none"
    return Verdict(Outcome.UNKNOWN, reason, (evidence(resource, ACCESS, "Disabled"),))


def _in_transition(own: Facet, resource: Resource, estate: Estate) -> Verdict:
    verdict = own(resource, estate)
    return replace(verdict, reason=f"the perimeter does not enforce yet, and {verdict.reason}")
