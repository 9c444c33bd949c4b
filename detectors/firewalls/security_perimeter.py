"""Network security perimeters around a resource: who their profiles allow."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from detectors.evidence import evidence
from detectors.firewalls.ip_rules import (
    Approved,
    IpRule,
    described,
    is_narrow,
    is_whole_internet,
    network_of,
    not_approved,
)
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix
from drift.model import MISSING, Evidence, Outcome, Resource, Severity, Verdict, dig

PERIMETERS: Final = "networkSecurityPerimeterConfigurations"
STATE: Final = "properties.provisioningState"
MODE: Final = "properties.resourceAssociation.accessMode"
RULES: Final = "properties.profile.accessRules"

_PREFIXES: Final = "addressPrefixes"
_TRANSITION: Final = ("learning", "transition", "audit")
_SOURCES: Final = ("subscriptions", "networkSecurityPerimeters", "serviceTags")
_EVERYBODY: Final = ("internet", "*")
_OUTBOUND: Final = ("fullyQualifiedDomainNames", "emailAddresses", "phoneNumbers")


def enforces_alone(configuration: Resource) -> bool:
    """Tell whether the perimeter's rules alone decide; in another mode the resource's own add to them."""
    return configuration.word(MODE) == "enforced"


def profile(configuration: Resource, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who the inbound rules of one perimeter's profile allow."""
    if configuration.word(STATE) != "succeeded":
        raise Unreadable(f"{configuration.id}#{STATE}", "not provisioned")
    if configuration.get(RULES) is MISSING:
        raise Unreadable(f"{configuration.id}#{RULES}", "absent")
    inbound = _inbound(configuration)
    approved = Approved.by(estate.baseline)
    addresses = not_approved(_addresses(inbound), approved)
    others = [each for each in _others(inbound) if not approved.names(each)]
    if addresses or others:
        return _let_in(configuration, resource, addresses, others)
    if not all(_has(each, "inbound") and _is_understood(each) for each in inbound):
        raise Unreadable(f"{configuration.id}#{RULES}", "a rule has an unknown form")
    return Verdict(Outcome.PASS, _approved_only(configuration), (_mode(configuration, resource),))


def keeps_the_internet_out(configuration: Resource, estate: Estate) -> bool:
    """Tell whether a profile is proven to allow no service tag and no wide range of addresses."""
    try:
        inbound = _inbound(configuration)
        is_settled = configuration.word(STATE) == "succeeded"
    except Unreadable:
        return False
    if not is_settled or configuration.get(RULES) is MISSING:
        return False
    if not all(_has(each, "inbound") and _is_understood(each) for each in inbound):
        return False
    networks = [each.network for each in _addresses(inbound)]
    approved = Approved.by(estate.baseline)
    return is_narrow(networks, approved) and not any(map(_is_tag, _others(inbound)))


def _inbound(configuration: Resource) -> list[Any]:
    return [each for each in configuration.items(RULES) if not _has(each, "outbound")]


def _let_in(
    configuration: Resource, resource: Resource, addresses: Sequence[IpRule], others: Sequence[str]
) -> Verdict:
    who = " and ".join([*([described(addresses)] if addresses else []), *others[:3]])
    return Verdict(
        Outcome.FAIL,
        f"The network security perimeter allows sources that are not approved: {who}.",
        (
            _mode(configuration, resource),
            evidence(configuration, RULES, "approved sources only", of=resource),
        ),
        _severity(addresses, others),
        Fix(note="The administrator of the perimeter must narrow its inbound rules."),
    )


def _severity(addresses: Sequence[IpRule], others: Sequence[str]) -> Severity | None:
    """Return the severity; None is the control's own, as for a firewall that allows any network."""
    if is_whole_internet(addresses) or any(each.lower() in _EVERYBODY for each in others):
        return None
    return Severity.HIGH if addresses or any(map(_is_tag, others)) else Severity.MEDIUM


def _approved_only(configuration: Resource) -> str:
    """Return what a passing perimeter means in its mode; raise Unreadable on an unknown mode."""
    mode = configuration.word(MODE)
    if mode == "enforced":
        return (
            "The network security perimeter allows approved sources only; its rules alone decide."
        )
    if mode in _TRANSITION:
        return (
            "The network security perimeter allows approved sources only, but does not enforce yet."
        )
    raise Unreadable(f"{configuration.id}#{MODE}", "not a known mode")


def _mode(configuration: Resource, resource: Resource) -> Evidence:
    return evidence(configuration, MODE, of=resource)


def _has(rule: Any, direction: str) -> bool:
    return str(dig(rule, "properties.direction")).lower() == direction


def _is_tag(source: str) -> bool:
    """Tell a service tag, which covers machines of other customers, from a resource id."""
    return not source.startswith("/")


def _is_understood(rule: Any) -> bool:
    sources = [dig(rule, f"properties.{name}") for name in _SOURCES]
    listed = all(each is MISSING or isinstance(each, list) for each in sources)
    return listed and len(list(_addresses([rule]))) == len(_prefixes(rule))


def _addresses(inbound: Sequence[Any]) -> Iterator[IpRule]:
    for each in (prefix for rule in inbound for prefix in _prefixes(rule)):
        with suppress(ValueError):
            yield IpRule(each, network_of(each))


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
