"""The rules that decided, as evidence: their deciding properties, with long lists shortened."""

from collections.abc import Iterable
from typing import Any, Final

from detectors.nsg.exposure import Opening
from detectors.nsg.security_rules import SecurityRule
from drift.model import Evidence

_MOST_RULES: Final = 20
_MOST_ITEMS: Final = 10
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


def openings_evidence(openings: Iterable[Opening], expected: str) -> tuple[Evidence, ...]:
    """Return each rule once, with ``expected`` and the services that it applies to."""
    services: dict[str, list[str]] = {}
    rules: dict[str, SecurityRule] = {}
    for each in openings:
        rules[each.rule.path] = each.rule
        services.setdefault(each.rule.path, []).append(str(each.service))
    return tuple(
        Evidence(path, _deciding(rule), f"{expected} to {', '.join(services[path])}")
        for path, rule in list(rules.items())[:_MOST_RULES]
    )


def _deciding(rule: SecurityRule) -> dict[str, Any]:
    facts = {name: rule.facts.value(name) for name in _DECIDING}
    return {name: _cut(value) for name, value in facts.items() if value not in (None, "", [])}


def _cut(value: Any) -> Any:
    if not isinstance(value, list) or len(value) <= _MOST_ITEMS:
        return value
    return [*value[:_MOST_ITEMS], f"… and {len(value) - _MOST_ITEMS:,} more"]
