"""The resource instances that a storage firewall allows: their tenant, and their approval."""

from collections.abc import Sequence
from typing import Any, Final

from detectors.firewalls.ip_rules import Approved
from detectors.firewalls.network_acls import ACLS, NOTE, SHOWN
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, RemoveItem
from drift.model import MISSING, Evidence, Outcome, Resource, Severity, Verdict, dig

INSTANCES: Final = f"{ACLS}.resourceAccessRules"

_SCANNER: Final = "microsoft.security/datascanners"
"""The scanner of Defender for Storage, whose rule Defender adds by itself."""


def wildcards(account: Resource, _: Estate) -> Verdict:
    """Evaluate resource instance rules with wildcards, which allow whole kinds of resources."""
    wild = [each for each in _instances(account) if "*" in _resource(each)]
    if not wild:
        return Verdict(Outcome.NOT_APPLICABLE, "No resource instance rule has a wildcard.")
    return _let_in(account, wild, "all resources of a kind", Severity.HIGH)


def instances(account: Resource, estate: Estate) -> Verdict:
    """Evaluate the other instance rules: of another tenant, or of this one but not approved."""
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
        raise Unreadable(INSTANCES, "a rule has no resource or no tenant")
    if not named:
        return Verdict(Outcome.NOT_APPLICABLE, "The firewall has no resource instance rule.")
    return Verdict(Outcome.PASS, "The firewall allows approved resource instances only.")


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
        f"The firewall allows {who}: {', '.join(names[:3])}{more}.",
        (Evidence(INSTANCES, names[:SHOWN], "approved resources of your tenant only"),),
        severity,
        Fix(tuple(RemoveItem(account.id, INSTANCES, each) for each in items), NOTE),
    )


def _resource(item: Any) -> str:
    return str(dig(item, "resourceId"))
