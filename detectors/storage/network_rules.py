"""The sides of a storage account's own firewall once it denies by default: whom its rules let in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from detectors.storage.accounts import evidence
from detectors.storage.address_rules import (
    IP_RULES,
    IPV6_RULES,
    Approved,
    Rule,
    rules,
    strangers,
    told,
)
from drift import ids
from drift.errors import Unreadable
from drift.fixes import Fix, RemoveItem
from drift.model import (
    MISSING,
    Baseline,
    Estate,
    Evidence,
    Outcome,
    Resource,
    Severity,
    Verdict,
    dig,
)

BYPASS: Final = "properties.networkAcls.bypass"
SUBNETS: Final = "properties.networkAcls.virtualNetworkRules"
INSTANCES: Final = "properties.networkAcls.resourceAccessRules"

_BYPASSES: Final = {"none", "azureservices", "logging", "metrics"}
_WORKING: Final = {"succeeded", "provisioning", "deprovisioning"}
_BROKEN: Final = {"failed", "networksourcedeleted"}
_SCANNER: Final = "microsoft.security/datascanners"
"""The scanner of Defender for Storage, whose rule Defender adds by itself."""

_ADDRESSES: Final = (IP_RULES, IPV6_RULES)
_SHOWN: Final = 20
_NOTE: Final = "Whoever comes in by these rules loses access at once: approve them or remove them."


def services(account: Resource, _: Estate) -> Verdict:
    """Judge the exception for trusted services: absent is AzureServices, ARM's documented default.

    Less than that is stricter than asked, and passes with a word on what it costs.
    """
    bypass = account.word(BYPASS)
    named = {"azureservices"} if bypass is MISSING else {each.strip() for each in bypass.split(",")}
    found = (evidence(account, BYPASS, "AzureServices"),)
    if not named <= _BYPASSES:
        raise Unreadable(BYPASS, "not an exception we know")
    if "azureservices" in named:
        return Verdict(Outcome.PASS, "trusted Azure services are let in", found)
    reason = "trusted Azure services are kept out too, so backup and Defender scans cannot reach it"
    return Verdict(Outcome.PASS, reason, found)


def addresses(account: Resource, estate: Estate) -> Verdict:
    """Judge address rules as sets: two halves of the Internet are the Internet."""
    found = {path: _strangers(account, path, estate.baseline) for path in _ADDRESSES}
    if any(found.values()):
        return _strange_addresses(account, found)
    for path in _ADDRESSES:
        if rules(account, path)[1]:
            raise Unreadable(path, "a rule is no address that is let in")
    return Verdict(Outcome.NOT_APPLICABLE, "no address is let in that is not approved")


def _strange_addresses(account: Resource, found: Mapping[str, tuple[Rule, ...]]) -> Verdict:
    every = [each for some in found.values() for each in some]
    return Verdict(
        Outcome.FAIL,
        f"addresses are let in that are not approved: {told(every)}",
        tuple(
            Evidence(path, [str(each.network) for each in some[:_SHOWN]], "approved networks only")
            for path, some in found.items()
            if some
        ),
        Severity.HIGH,
        Fix(_removal(account, found), _NOTE),
    )


def address_steps(account: Resource, baseline: Baseline) -> tuple[RemoveItem, ...]:
    """Return the removal of every address rule that is not approved."""
    return _removal(account, {path: _strangers(account, path, baseline) for path in _ADDRESSES})


def _removal(account: Resource, found: Mapping[str, tuple[Rule, ...]]) -> tuple[RemoveItem, ...]:
    return tuple(
        RemoveItem(account.id, path, each.item) for path, some in found.items() for each in some
    )


def _strangers(account: Resource, path: str, baseline: Baseline) -> tuple[Rule, ...]:
    return strangers(rules(account, path)[0], Approved.by(baseline))


def subnets(account: Resource, estate: Estate) -> Verdict:
    """Judge subnet rules: each approved by its id, its network's or its group's, and in order."""
    broken, foreign = _broken(account), _foreign(account, estate.baseline)
    said = [f"the rule for subnet {_short(each)} is broken" for each in broken]
    said += [f"subnet {_short(each)} is let in and not approved" for each in foreign]
    if said:
        return Verdict(
            Outcome.FAIL,
            ", ".join(said[:3]) + (f" and {len(said) - 3} more" if len(said) > 3 else ""),
            (Evidence(SUBNETS, [_id(each) for each in (*broken, *foreign)], "approved subnets"),),
            Severity.MEDIUM,
            Fix(subnet_steps(account, estate.baseline), _NOTE),
        )
    if len(_subnets(account, _WORKING | _BROKEN)) < len(account.items(SUBNETS)):
        raise Unreadable(SUBNETS, "a rule without a subnet or in a state we do not know")
    return Verdict(Outcome.NOT_APPLICABLE, "no subnet is let in that is not approved")


def subnet_steps(account: Resource, baseline: Baseline) -> tuple[RemoveItem, ...]:
    """Return the removal of every subnet rule that is broken or not approved, each once."""
    items = {ids.key(_id(each)): each for each in (*_broken(account), *_foreign(account, baseline))}
    return tuple(RemoveItem(account.id, SUBNETS, each) for each in items.values())


def _broken(account: Resource) -> tuple[Any, ...]:
    return _subnets(account, _BROKEN)


def _foreign(account: Resource, baseline: Baseline) -> tuple[Any, ...]:
    approved = Approved.by(baseline)
    some = _subnets(account, _WORKING | _BROKEN)
    return tuple(each for each in some if not approved.names(_id(each)))


def _subnets(account: Resource, states: Iterable[str]) -> tuple[Any, ...]:
    """Return the subnet rules in one of these states; absent is Succeeded: only ARM adds it."""
    shown = ((each, dig(each, "state")) for each in account.items(SUBNETS))
    known = (
        (each, "succeeded" if state is MISSING else str(state).lower()) for each, state in shown
    )
    return tuple(each for each, state in known if state in states and ids.is_id(_id(each)))


def wildcards(account: Resource, _: Estate) -> Verdict:
    """Judge resource instance rules that name whole kinds of resources in any subscription."""
    wild = [each for each in _instances(account) if "*" in _resource(each)]
    if not wild:
        return Verdict(Outcome.NOT_APPLICABLE, "no instance rule has a wildcard")
    return _let_in(account, wild, "whole kinds of resources", Severity.HIGH)


def instances(account: Resource, estate: Estate) -> Verdict:
    """Judge the other instance rules: of a foreign tenant, or of ours but not approved."""
    known = _instances(account)
    named = [each for each in known if "*" not in _resource(each)]
    tenant = _tenant(account, estate) if named else ""
    foreign = [each for each in named if str(dig(each, "tenantId")).lower() != tenant]
    if foreign:
        return _let_in(account, foreign, "resources of another tenant", Severity.HIGH)
    approved = Approved.by(estate.baseline)
    unknown = [each for each in named if not _is_trusted(_resource(each), approved)]
    if unknown:
        return _let_in(account, unknown, "resources that are not approved", Severity.MEDIUM)
    if len(known) < len(account.items(INSTANCES)):
        raise Unreadable(INSTANCES, "a rule without a resource or a tenant")
    if not named:
        return Verdict(Outcome.NOT_APPLICABLE, "no resource instance is let in")
    return Verdict(Outcome.PASS, "the resource instances it lets in are trusted")


def _instances(account: Resource) -> list[Any]:
    """Return the instance rules that name a resource and a tenant."""
    return [
        each
        for each in account.items(INSTANCES)
        if isinstance(dig(each, "resourceId"), str) and isinstance(dig(each, "tenantId"), str)
    ]


def _is_trusted(instance: str, approved: Approved) -> bool:
    return ids.type_of(instance) == _SCANNER or approved.names(instance)


def _tenant(account: Resource, estate: Estate) -> str:
    """Return the account's tenant: its identity names it, else its subscription does."""
    tenant = account.get("identity.tenantId")
    if isinstance(tenant, str):
        return tenant.lower()
    subscription = f"/subscriptions/{ids.subscription_of(account.id)}"
    found = estate.get(subscription)
    tenant = found.get("tenantId") if found else MISSING
    if not isinstance(tenant, str):
        raise Unreadable(f"{subscription}#tenantId", "absent")
    return tenant.lower()


def _let_in(account: Resource, items: Sequence[Any], who: str, severity: Severity) -> Verdict:
    names = [_resource(each) for each in items]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return Verdict(
        Outcome.FAIL,
        f"{who} are let in: {', '.join(names[:3])}{more}",
        (Evidence(INSTANCES, names[:_SHOWN], "approved resources of our tenant only"),),
        severity,
        Fix(tuple(RemoveItem(account.id, INSTANCES, each) for each in items), _NOTE),
    )


def _resource(item: Any) -> str:
    return str(dig(item, "resourceId"))


def _short(item: Any) -> str:
    return "/".join(_id(item).split("/")[-3::2])


def _id(item: Any) -> str:
    return str(dig(item, "id"))
