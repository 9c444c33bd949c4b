"""Whether a Cosmos DB account allows only approved networks, and only TLS 1.2."""

from collections.abc import Sequence
from typing import Any, Final

from detectors.cosmos.accounts import ACCOUNT, CAPABILITIES, CASSANDRA, KIND, MONGO, interfaces
from detectors.cosmos.ip_ranges import (
    FORMER_RULES,
    RULES,
    Range,
    described,
    path_of_rules,
    ranges,
    severity_of,
)
from detectors.evidence import check_properties, evidence
from detectors.facets import weakest
from detectors.firewalls import public_access, security_perimeter
from detectors.firewalls.ip_rules import Approved
from detectors.firewalls.private_endpoints import CONNECTIONS
from detectors.firewalls.public_access import ACCESS
from detectors.firewalls.security_perimeter import MODE, PERIMETERS, STATE
from detectors.ip.public_space import public_but
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, RemoveItem, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict, dig

_FILTER: Final = "properties.isVirtualNetworkFilterEnabled"
_SUBNETS: Final = "properties.virtualNetworkRules"
_BYPASS: Final = "properties.networkAclBypass"
_BYPASSING: Final = "properties.networkAclBypassResourceIds"
_TLS: Final = "properties.minimalTlsVersion"

_OLD_VERSIONS: Final = {"tls": "1.0", "tls11": "1.1"}
_SHOWN: Final = 20
_CLOSED_OR_RULES: Final = "Disabled, or rules that allow approved networks only"
_WARNING: Final = (
    "Clients without a private endpoint lose access: add one first. The change takes minutes."
)
_NOTE: Final = "Clients that use these rules lose access: approve the rules or remove them."

CONTROL: Final = Control(
    id="COSMOS-NETWORK",
    title="Cosmos DB account must allow approved networks only",
    service="Cosmos DB",
    severity=Severity.CRITICAL,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(1)", "164.312(e)(1)"),
    why="With a leaked key, anyone on any network can read the PHI.",
    fix="az cosmosdb update --ids <id> --public-network-access DISABLED",
    watches={
        ACCOUNT: (
            *(
                ACCESS,
                _FILTER,
                RULES,
                FORMER_RULES,
                _SUBNETS,
                _BYPASS,
                _BYPASSING,
                _TLS,
                CONNECTIONS,
            ),
            *(KIND, CAPABILITIES),
        ),
        f"{ACCOUNT}/{PERIMETERS.lower()}": (STATE, MODE, security_perimeter.RULES),
    },
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who reaches the account, and the oldest TLS version that they may use."""
    check_properties(resource)
    return weakest(CONTROL, (_reached, _tls), resource, estate)


def _reached(account: Resource, estate: Estate) -> Verdict:
    own = public_access.Firewall(_own_firewall, _exceptions)
    return public_access.judge(CONTROL, own, account, estate)


def _exceptions(account: Resource, estate: Estate) -> Verdict:
    """Evaluate who has access if public network access is off."""
    return weakest(CONTROL, (_off, _bypass), account, estate)


def _off(account: Resource, _: Estate) -> Verdict:
    found = (evidence(account, ACCESS, "Disabled, or SecuredByPerimeter"),)
    reason = "Public network access is off: private endpoints reach the account."
    return Verdict(Outcome.PASS, reason, found)


def _own_firewall(account: Resource, estate: Estate) -> Verdict:
    return weakest(CONTROL, (_rules, _bypass), account, estate)


def _rules(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the account's own rules; without any, every network is allowed.

    The network filter and the rules are off and none where they are absent. A private endpoint
    closes nothing: it is one way in beside the others.
    """
    if not account.flag(_FILTER) and not ranges(account):
        return Verdict(
            Outcome.FAIL,
            "The firewall has no rules and allows traffic from any network.",
            (evidence(account, ACCESS, _CLOSED_OR_RULES), evidence(account, _FILTER)),
            fix=_closing(account, _WARNING),
        )
    return weakest(CONTROL, (_addresses, _subnets), account, estate)


def _addresses(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the address rules together: two halves of the Internet are the Internet."""
    found = ranges(account)
    azure = [each for each in found if each.lets_in_azure]
    public = public_but(estate.baseline.approved_networks)
    others = [each for each in found if each.addresses and each.addresses & public]
    if azure or others:
        return _not_approved(account, azure, others)
    if any(each.addresses is None for each in found):
        raise Unreadable(path_of_rules(account), "a rule is not an address range")
    return Verdict(Outcome.PASS, "The firewall allows no address outside your approved list.")


def _not_approved(account: Resource, azure: Sequence[Range], others: Sequence[Range]) -> Verdict:
    of_azure = "The firewall allows every machine in Azure, also those of other customers."
    beyond = "The firewall allows addresses that are not on your approved list"
    reasons = [
        *([of_azure] if azure else []),
        *([f"{beyond}: {described(others)}."] if others else []),
    ]
    bad = (*azure, *others)
    texts = [each.text for each in bad[:_SHOWN]]
    return Verdict(
        Outcome.FAIL,
        " ".join(reasons),
        (Evidence(path_of_rules(account), texts, "approved networks only"),),
        severity_of(others),
        _without(account, bad),
    )


def _without(account: Resource, bad: Sequence[Range]) -> Fix:
    """Remove rules; without any rule and filter an account allows every network, so it is closed then."""
    left = [each.rule for each in ranges(account) if each not in bad]
    if not left and not account.flag(_FILTER):
        return _closing(
            account, f"{_NOTE} No rule is left, so public network access is turned off."
        )
    return Fix((SetProperty(account.id, RULES, left),), _NOTE)


def _closing(account: Resource, note: str) -> Fix:
    return Fix((SetProperty(account.id, ACCESS, "Disabled"),), note)


def _subnets(account: Resource, estate: Estate) -> Verdict:
    """Evaluate subnet rules: each must be approved by its id, its network's or its group's."""
    rules = account.items(_SUBNETS)
    approved = Approved.by(estate.baseline)
    named = [each for each in rules if ids.is_id(_id(each))]
    foreign = [each for each in named if not approved.names(_id(each))]
    if foreign:
        names = ", ".join("/".join(_id(each).split("/")[-3::2]) for each in foreign[:3])
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        return Verdict(
            Outcome.FAIL,
            f"The firewall allows subnets that are not on your approved list: {names}{more}.",
            (Evidence(_SUBNETS, [_id(each) for each in foreign[:_SHOWN]], "approved subnets"),),
            Severity.MEDIUM,
            Fix(tuple(RemoveItem(account.id, _SUBNETS, each) for each in foreign), _NOTE),
        )
    if len(named) < len(rules):
        raise Unreadable(_SUBNETS, "a rule has no subnet")
    return Verdict(
        Outcome.NOT_APPLICABLE, "The firewall allows no subnet outside your approved list."
    )


def _id(rule: Any) -> str:
    return str(dig(rule, "id"))


def _bypass(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the resources that bypass the firewall; absent is None, without exceptions.

    Whether they keep access while public network access is off is not documented, so they count.
    """
    bypass = account.word(_BYPASS)
    if bypass in {MISSING, "none"}:
        return Verdict(Outcome.NOT_APPLICABLE, "No resource bypasses the firewall.")
    if bypass != "azureservices":
        raise Unreadable(_BYPASS, "not a known exception")
    named = account.items(_BYPASSING)
    if not all(isinstance(each, str) for each in named):
        raise Unreadable(_BYPASSING, "one of them is not a resource id")
    approved = Approved.by(estate.baseline)
    foreign = [each for each in named if not approved.names(each)]
    found = (Evidence(_BYPASSING, list(named[:_SHOWN]), "approved resources only"),)
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        reason = (
            f"Resources that are not approved bypass the firewall: {', '.join(foreign[:3])}{more}."
        )
        return Verdict(
            Outcome.FAIL, reason, found, Severity.MEDIUM, _without_bypass(account, foreign)
        )
    count = len(named)
    reason = (
        f"Approved resources bypass the firewall: {count}." if count else "No resource bypasses it."
    )
    return Verdict(Outcome.PASS, reason, found)


def _without_bypass(account: Resource, foreign: Sequence[str]) -> Fix:
    left = [each for each in account.items(_BYPASSING) if each not in foreign]
    step = (
        SetProperty(account.id, _BYPASSING, left)
        if left
        else SetProperty(account.id, _BYPASS, "None")
    )
    return Fix((step,), "Synapse Link and other services that use the bypass lose access.")


def _tls(account: Resource, _: Estate) -> Verdict:
    """Evaluate the oldest TLS version that clients may use.

    Microsoft's texts disagree on what an absent version means, TLS 1.0 or TLS 1.2, so it is unknown.
    MongoDB and Cassandra accept TLS 1.2 only.
    """
    minimum = account.word(_TLS)
    found = (evidence(account, _TLS, "Tls12"),)
    if minimum == "tls12":
        return Verdict(Outcome.PASS, "TLS 1.2 is the oldest version that it accepts.", found)
    if minimum in _OLD_VERSIONS:
        return Verdict(
            Outcome.FAIL,
            f"Clients may connect with TLS {_OLD_VERSIONS[str(minimum)]}.",
            found,
            Severity.MEDIUM,
            Fix(
                (SetProperty(account.id, _TLS, "Tls12"),), "Clients with an older TLS version fail."
            ),
        )
    if minimum is MISSING and interfaces(account) & {MONGO, CASSANDRA}:
        return Verdict(Outcome.NOT_APPLICABLE, "Its interface accepts TLS 1.2 only.")
    raise Unreadable(_TLS, "absent" if minimum is MISSING else "not a known version")
