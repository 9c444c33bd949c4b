"""Whether public networks reach a resource, and which firewall or perimeter protects it."""

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
    """Evaluate the resource's own firewall, unless public access is off or a perimeter applies.

    Absent public network access is Enabled, as ARM documents of every type that has it. ``closed``
    states who has access where it is off.
    """
    access = resource.word(ACCESS)
    if access == "disabled":
        found = (evidence(resource, ACCESS, "Disabled"),)
        return Verdict(Outcome.PASS, closed, found)
    if access == "securedbyperimeter":
        return _behind_perimeter(control, own, resource, estate)
    if access in {MISSING, "enabled"}:
        return own(resource, estate)
    raise Unreadable(ACCESS, "not a known access")


def _behind_perimeter(control: Control, own: Facet, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the perimeters' profiles, and the resource's own firewall where they do not enforce."""
    found = estate.children(resource.id, security_perimeter.PERIMETERS)
    if not found:
        return _without_perimeter(own, resource, estate)
    sides: list[Facet] = [partial(security_perimeter.profile, each) for each in found]
    if not all(security_perimeter.enforces_alone(each) for each in found):
        sides.append(partial(_in_transition, own))
    return weakest(control, sides, resource, estate)


def _without_perimeter(own: Facet, resource: Resource, estate: Estate) -> Verdict:
    """Pass only where the resource's own firewall passes: no association enforces anything."""
    verdict = own(resource, estate)
    if verdict.outcome is Outcome.PASS:
        return verdict
    reason = "Access is delegated to a network security perimeter, but no perimeter is associated."
    return Verdict(
        Outcome.UNKNOWN,
        reason,
        (evidence(resource, ACCESS, "Disabled, or a perimeter is associated"),),
    )


def _in_transition(own: Facet, resource: Resource, estate: Estate) -> Verdict:
    verdict = own(resource, estate)
    return replace(verdict, reason=f"The perimeter does not enforce yet. {verdict.reason}")
