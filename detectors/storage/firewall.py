"""A storage account lets in trusted Azure services and approved networks, nobody else."""

from dataclasses import replace
from functools import partial
from typing import Final

from detectors.storage import network_rules
from detectors.storage.accounts import ACCOUNT, check_objects, evidence
from detectors.storage.address_rules import IP_RULES, IPV6_RULES
from detectors.storage.network_rules import BYPASS, INSTANCES, SUBNETS
from detectors.storage.perimeter import MODE, PERIMETERS, RULES, STATE, enforces_alone, profile
from drift.errors import Unreadable
from drift.fixes import Fix, RemoveItem, SetProperty
from drift.judge import Facet, weakest
from drift.model import MISSING, Baseline, Control, Estate, Outcome, Resource, Severity, Verdict

_ACCESS: Final = "properties.publicNetworkAccess"
_ACLS: Final = "properties.networkAcls"
_DEFAULT: Final = f"{_ACLS}.defaultAction"

CONTROL: Final = Control(
    id="STORAGE-FIREWALL",
    title="Storage firewall lets in approved networks only",
    service="Storage",
    severity=Severity.CRITICAL,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(1)", "164.312(e)(1)", "164.308(a)(4)(i)"),
    why="A leaked key or token opens the PHI from anywhere in the world.",
    fix="az storage account update --ids <id> --default-action Deny --bypass AzureServices",
    watches={
        ACCOUNT: (_ACCESS, _DEFAULT, BYPASS, IP_RULES, IPV6_RULES, SUBNETS, INSTANCES),
        f"{ACCOUNT}/{PERIMETERS.lower()}": (STATE, MODE, RULES),
        "microsoft.resources/subscriptions": ("tenantId",),
    },
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge the account's own firewall, unless public access is off or a perimeter stands before it.

    Absent public network access is Enabled, ARM's documented default.
    """
    access = resource.word(_ACCESS)
    if access == "disabled":
        found = (evidence(resource, _ACCESS, "Disabled"),)
        return Verdict(Outcome.PASS, "only private endpoints reach the account", found)
    if access == "securedbyperimeter":
        return _behind_perimeter(resource, estate)
    if access in {MISSING, "enabled"}:
        return _own_firewall(resource, estate)
    raise Unreadable(_ACCESS, "not an access we know")


def _behind_perimeter(account: Resource, estate: Estate) -> Verdict:
    """Judge the perimeters' profiles, and the account's own firewall where they do not enforce."""
    found = estate.children(account.id, PERIMETERS)
    if not found:
        return _without_perimeter(account, estate)
    sides: list[Facet] = [partial(profile, each) for each in found]
    if not all(enforces_alone(each) for each in found):
        sides.append(_in_transition)
    return weakest(CONTROL, sides, account, estate)


def _without_perimeter(account: Resource, estate: Estate) -> Verdict:
    """Pass only where the account's own firewall would: no association enforces anything."""
    own = _own_firewall(account, estate)
    if own.outcome is Outcome.PASS:
        return own
    reason = "access is left to a network security perimeter, but the account is in none"
    return Verdict(Outcome.UNKNOWN, reason, (evidence(account, _ACCESS, "Disabled"),))


def _in_transition(account: Resource, estate: Estate) -> Verdict:
    own = _own_firewall(account, estate)
    return replace(own, reason=f"the perimeter does not enforce yet, and {own.reason}")


def _own_firewall(account: Resource, estate: Estate) -> Verdict:
    """Judge the account's network rules; without any, or without a default, every network is in."""
    check_objects(account, _ACLS)
    default = account.word(_DEFAULT)
    if default in {MISSING, "allow"}:
        return _open(account, estate.baseline)
    if default != "deny":
        raise Unreadable(_DEFAULT, "not an action we know")
    return weakest(CONTROL, _SIDES, account, estate)


def _open(account: Resource, baseline: Baseline) -> Verdict:
    how = " (no default is set)" if account.get(_DEFAULT) is MISSING else ""
    return Verdict(
        Outcome.FAIL,
        f"every network in the world is let in{how}",
        (evidence(account, _DEFAULT, "Deny"), evidence(account, _ACCESS, "Disabled")),
        fix=Fix(
            (SetProperty(account.id, _DEFAULT, "Deny"), *_closing_steps(account, baseline)),
            "Clients without a rule or a private endpoint lose access at once: add those first.",
        ),
    )


def _closing_steps(account: Resource, baseline: Baseline) -> tuple[SetProperty | RemoveItem, ...]:
    """Return what else must change for the firewall to hold once it denies by default."""
    trusted: tuple[SetProperty, ...] = ()
    if account.get(BYPASS) is MISSING:
        trusted = (SetProperty(account.id, BYPASS, "AzureServices"),)
    try:
        addresses = network_rules.address_steps(account, baseline)
        return (*trusted, *addresses, *network_rules.subnet_steps(account, baseline))
    except Unreadable:  # a list that is none: the account is open all the same
        return trusted


def _denies(account: Resource, _: Estate) -> Verdict:
    found = (evidence(account, _DEFAULT, "Deny"),)
    return Verdict(Outcome.PASS, "networks are denied unless a rule lets them in", found)


_SIDES: Final[tuple[Facet, ...]] = (
    _denies,
    network_rules.services,
    network_rules.addresses,
    network_rules.subnets,
    network_rules.wildcards,
    network_rules.instances,
)
