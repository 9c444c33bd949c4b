"""No network security group lets the Internet reach SSH or RDP."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from detectors.network.address_space import public_but
from detectors.network.addresses import NOWHERE, count
from detectors.network.exposure import Opening, find_openings
from detectors.network.security_rules import Rule, rules_in_order
from detectors.network.wording import tell_doubts, tell_openings
from drift.errors import Unreadable
from drift.fixes import DeleteChild, Fix
from drift.model import (
    MISSING,
    Control,
    Estate,
    Evidence,
    Outcome,
    Resource,
    Severity,
    Verdict,
)

_RULES: Final = "properties.securityRules"
_DEFAULTS: Final = "properties.defaultSecurityRules"
_SUBNETS: Final = "properties.subnets"
_INTERFACES: Final = "properties.networkInterfaces"

CONTROL: Final = Control(
    id="NSG-ADMIN-PORTS",
    title="No administrative port is open to the Internet",
    service="Network",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(a)(1)", "164.312(e)(1)", "164.310(a)(1)"),
    why="Whoever can reach SSH or RDP can try passwords and exploits against a machine with PHI.",
    fix="az network nsg rule delete --ids <rule id>",
    watches={"microsoft.network/networksecuritygroups": (_RULES, _DEFAULTS, _SUBNETS, _INTERFACES)},
)

BROAD: Final = 1 << 24
"""From so many addresses on an opening is critical; IPv6 is counted in /64 networks."""

_EVIDENCE_RULES: Final = 20
_EVIDENCE_ITEMS: Final = 10
_DECIDING: Final = (
    "priority",
    "access",
    "direction",
    "protocol",
    "sourceAddressPrefix",
    "sourceAddressPrefixes",
    "sourcePortRange",
    "sourcePortRanges",
    "destinationAddressPrefix",
    "destinationAddressPrefixes",
    "destinationApplicationSecurityGroups",
    "destinationPortRange",
    "destinationPortRanges",
)

_SESSIONS: Final = (
    "Connections opened through a rule survive its removal: look for live sessions and end them, "
    "or set flushConnection on the group first "
    "(https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview). "
    "Administer through Azure Bastion or from an approved network."
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Fail if a public address outside the approved networks reaches 22 or 3389."""
    public = public_but(estate.baseline.approved_networks)
    openings = list(find_openings(_rules(resource), public))
    certain = [each for each in openings if each.certain]
    doubt = tell_doubts(each for each in openings if not each.certain)
    evidence = _evidence(certain or openings)
    if certain:
        told = [tell_openings(certain, public), _unattached(resource), doubt]
        return Verdict(
            Outcome.FAIL,
            "; ".join(filter(None, told)),
            evidence,
            _severity(resource, certain),
            _fix(certain),
        )
    if doubt:
        return Verdict(Outcome.UNKNOWN, doubt, evidence)
    return Verdict(Outcome.PASS, "no rule lets a public address reach TCP 22, TCP 3389 or UDP 3389")


def _rules(resource: Resource) -> tuple[Rule, ...]:
    """Return custom and default rules; what none matches is denied, so defaults may be absent."""
    if resource.get(_RULES) is MISSING:
        raise Unreadable(_RULES, "absent, and a group without rules shows an empty list")
    listed = [(path, raw) for path in (_RULES, _DEFAULTS) for raw in _items(resource.get(path))]
    return rules_in_order(listed, resource.id)


def _items(value: Any) -> Iterable[object]:
    """Return a list's items; what is no list stands for one rule that cannot be understood."""
    if value is MISSING:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _attached(resource: Resource) -> bool:
    """Tell whether anything is behind the group; ARM leaves both lists out where they are empty."""
    return any(resource.get(path) not in (MISSING, [], ()) for path in (_SUBNETS, _INTERFACES))


def _unattached(resource: Resource) -> str:
    return "" if _attached(resource) else "the group is attached to nothing yet"


def _severity(resource: Resource, openings: Iterable[Opening]) -> Severity:
    if not _attached(resource):
        return Severity.LOW
    addresses = NOWHERE
    for each in openings:
        if each.customers:
            return Severity.CRITICAL
        addresses |= each.addresses
    return Severity.CRITICAL if count(addresses) >= BROAD else Severity.HIGH


def _evidence(openings: Iterable[Opening]) -> tuple[Evidence, ...]:
    services: dict[str, list[str]] = {}
    rules: dict[str, Rule] = {}
    for each in openings:
        rules[each.rule.path] = each.rule
        services.setdefault(each.rule.path, []).append(str(each.service))
    return tuple(
        Evidence(path, _deciding(rule), f"no public source to {', '.join(services[path])}")
        for path, rule in list(rules.items())[:_EVIDENCE_RULES]
    )


def _deciding(rule: Rule) -> dict[str, Any]:
    """Return the properties that decided, the long lists cut short."""
    shown = {name: rule.facts.get(name.lower()) for name in _DECIDING}
    return {name: _cut(value) for name, value in shown.items() if value not in (None, "", [])}


def _cut(value: Any) -> Any:
    if not isinstance(value, list) or len(value) <= _EVIDENCE_ITEMS:
        return value
    return [*value[:_EVIDENCE_ITEMS], f"… and {len(value) - _EVIDENCE_ITEMS:,} more"]


def _fix(openings: Sequence[Opening]) -> Fix:
    """Remove each rule that lets the Internet in: any of them alone would keep the port open."""
    rules = {each.rule.path: each.rule for each in openings}.values()
    custom = [rule for rule in rules if rule.path.startswith(_RULES)]
    wide = [rule.name for rule in custom if rule.reading.opens_more]
    note = _SESSIONS
    if wide:
        note += f" Narrow {', '.join(wide)} instead if something needs the other ports."
    return Fix(tuple(DeleteChild(rule.id) for rule in custom if rule.id), note)
