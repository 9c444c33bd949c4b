"""Who can reach a resource from public networks, by its own firewall, a security perimeter, or both."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from detectors.evidence import evidence, listed
from detectors.facets import Facet, weakest
from detectors.firewalls import private_endpoints, security_perimeter
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Control, Outcome, Resource, Verdict

ACCESS: Final = "properties.publicNetworkAccess"

_DISABLED: Final = "disabled"
_SECURED: Final = "securedbyperimeter"
_KNOWN: Final = (MISSING, "enabled", _DISABLED, _SECURED)


@dataclass(frozen=True, slots=True)
class Firewall:
    """A resource's own firewall: its rules, and what it still allows if public access is off."""

    rules: Facet
    exceptions: Facet


def judge(control: Control, own: Firewall, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the perimeters of a resource, and its own firewall if that has an effect.

    Perimeters are always read, because an enforcing one overrides ``publicNetworkAccess`` and the
    own firewall; in transition mode (formerly: learning) its rules are additional. Absent access is
    Enabled, as ARM documents for every type that has it. If it is off, the exceptions stay. The
    tables of transition mode name only trusted services; this control also counts resource instance
    rules, which is the safe reading, not confirmed.
    https://learn.microsoft.com/azure/private-link/network-security-perimeter-transition
    """
    access = resource.word(ACCESS)
    if access not in _KNOWN:
        raise Unreadable(ACCESS, "not a known access")
    found, doubt = listed(lambda: estate.children(resource.id, security_perimeter.PERIMETERS))
    sides: list[Facet] = [partial(security_perimeter.profile, each) for each in found]
    if not found or not all(security_perimeter.enforces_alone(each) for each in found):
        sides += _own_sides(own, resource, is_alone=not (found or doubt))
    if doubt:
        sides.append(partial(_refused, doubt))
    verdict = weakest(control, sides, resource, estate)
    shown = private_endpoints.elsewhere(resource)
    return replace(verdict, evidence=(*verdict.evidence, *shown)) if shown else verdict


def keeps_the_internet_out(
    own: Callable[[Resource, Estate], bool], resource: Resource, estate: Estate
) -> bool:
    """Tell whether the Internet is proven to have no access; ``own`` decides this for the own firewall.

    A doubt about a perimeter proves nothing.
    """
    found, doubt = listed(lambda: estate.children(resource.id, security_perimeter.PERIMETERS))
    if doubt or not all(security_perimeter.keeps_the_internet_out(each, estate) for each in found):
        return False
    if found and all(security_perimeter.enforces_alone(each) for each in found):
        return True
    return resource.word(ACCESS) in {_DISABLED, _SECURED} or own(resource, estate)


def _own_sides(own: Firewall, resource: Resource, *, is_alone: bool) -> tuple[Facet, ...]:
    """Return the resource's own part; ``is_alone``: it is proven that no perimeter is associated."""
    access = resource.word(ACCESS)
    if access == _SECURED and is_alone:
        return (_locked_down,)
    return (own.exceptions if access in {_DISABLED, _SECURED} else own.rules,)


def _locked_down(resource: Resource, _: Estate) -> Verdict:
    """Pass: without an association, not even trusted services have access."""
    return Verdict(
        Outcome.PASS,
        "Access depends on a network security perimeter, but none is associated. Only private "
        "endpoints have access.",
        (evidence(resource, ACCESS, "Disabled, or SecuredByPerimeter"),),
    )


def _refused(doubt: Unreadable, _resource: Resource, _: Estate) -> Verdict:
    raise doubt
