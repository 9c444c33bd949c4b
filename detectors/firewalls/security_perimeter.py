"""Network security perimeters around a resource: who their profiles allow."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from detectors.evidence import evidence
from detectors.firewalls.ip_rules import Approved, Rule, described, network_of, not_approved
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix
from drift.model import MISSING, Outcome, Resource, Severity, Verdict, dig

PERIMETERS: Final = "networkSecurityPerimeterConfigurations"
STATE: Final = "properties.provisioningState"
MODE: Final = "properties.resourceAssociation.accessMode"
RULES: Final = "properties.profile.accessRules"

_PREFIXES: Final = "addressPrefixes"
_TRANSITION: Final = ("learning", "transition", "audit")
_SOURCES: Final = ("subscriptions", "networkSecurityPerimeters", "serviceTags")
_OUTBOUND: Final = ("fullyQualifiedDomainNames", "emailAddresses", "phoneNumbers")


def enforces_alone(configuration: Resource) -> bool:
    """Tell whether the perimeter's rules alone decide; raise Unreadable on an unknown mode.

    In transition mode (formerly: learning) the resource's own firewall may allow what the perimeter denies.
    https://learn.microsoft.com/azure/private-link/network-security-perimeter-transition
    """
    mode = configuration.word(MODE)
    if mode == "enforced":
        return True
    if mode in _TRANSITION:
        return False
    raise Unreadable(f"{configuration.id}#{MODE}", "not a known mode")


def profile(configuration: Resource, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who the inbound rules of one perimeter's profile allow."""
    if configuration.word(STATE) != "succeeded":
        raise Unreadable(f"{configuration.id}#{STATE}", "not provisioned")
    if configuration.get(RULES) is MISSING:
        raise Unreadable(f"{configuration.id}#{RULES}", "absent")
    approved = Approved.by(estate.baseline)
    inbound = [each for each in configuration.items(RULES) if not _has(each, "outbound")]
    addresses = not_approved(_addresses(inbound), approved)
    others = [each for each in _others(inbound) if not approved.names(each)]
    found = (evidence(configuration, MODE, of=resource),)
    if addresses or others:
        who = " and ".join([*([described(addresses)] if addresses else []), *others[:3]])
        return Verdict(
            Outcome.FAIL,
            f"The network security perimeter allows sources that are not approved: {who}.",
            (*found, evidence(configuration, RULES, "approved sources only", of=resource)),
            Severity.HIGH if addresses or any(map(_is_tag, others)) else Severity.MEDIUM,
            Fix(note="The administrator of the perimeter must narrow its inbound rules."),
        )
    if not all(_has(each, "inbound") and _is_understood(each) for each in inbound):
        raise Unreadable(f"{configuration.id}#{RULES}", "a rule has an unknown form")
    reason = "The network security perimeter allows approved sources only."
    return Verdict(Outcome.PASS, reason, found)


def _has(rule: Any, direction: str) -> bool:
    return str(dig(rule, "properties.direction")).lower() == direction


def _is_tag(source: str) -> bool:
    """Tell a service tag, which covers machines of other customers, from a resource id."""
    return not source.startswith("/")


def _is_understood(rule: Any) -> bool:
    sources = [dig(rule, f"properties.{name}") for name in _SOURCES]
    listed = all(each is MISSING or isinstance(each, list) for each in sources)
    return listed and len(list(_addresses([rule]))) == len(_prefixes(rule))


def _addresses(inbound: Sequence[Any]) -> Iterator[Rule]:
    for each in (prefix for rule in inbound for prefix in _prefixes(rule)):
        with suppress(ValueError):
            yield Rule(each, network_of(each))


def _prefixes(rule: Any) -> Sequence[Any]:
    """Return the prefixes of a rule; a value that is not a list counts as one invalid prefix."""
    prefixes = dig(rule, f"properties.{_PREFIXES}")
    if prefixes is MISSING:
        return ()
    return prefixes if isinstance(prefixes, list) else (prefixes,)


def _others(inbound: Sequence[Any]) -> Iterator[str]:
    """Yield every other source: subscriptions, other perimeters, service tags, and later kinds."""
    known = {each.lower() for each in (_PREFIXES, *_OUTBOUND)}
    for rule in inbound:
        properties = dig(rule, "properties")
        for name, value in properties.items() if isinstance(properties, Mapping) else ():
            if isinstance(value, list) and name.lower() not in known:
                yield from (str(dig(each, "id") or each) for each in value)
