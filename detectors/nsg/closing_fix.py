"""The fix for an opening: rules to remove, and a Deny before Azure's default rules."""

from collections.abc import Iterable
from typing import Any, Final

from detectors.nsg.exposure import Opening
from detectors.nsg.security_rules import DEFAULTS, RULES, SecurityRule
from drift.fixes import DeleteChild, Fix, PutChild, Step
from drift.model import Resource, dig

_SESSIONS: Final = (
    "Existing connections survive the removal of a rule: find live sessions and end them, "
    "or set flushConnection on the group first "
    "(https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview). "
    "Connect through Azure Bastion or from an approved network."
)
_BASTION_FIRST: Final = (
    "Add a rule that allows the Bastion subnet before the Deny; other administrative access from "
    "private networks stops."
)

_DENY: Final = "deny-admin-ports-inside"
_PRIORITIES: Final = range(4096, 99, -1)
"""https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"""


def close_public_sources(openings: Iterable[Opening]) -> Fix:
    """Remove each rule that allows the Internet: any one of them keeps the port open."""
    custom = _custom(openings)
    return Fix(_removed(custom), _SESSIONS + _narrowed(custom))


def closed_inside(openings: Iterable[Opening], group: Resource, ports: Iterable[int]) -> Fix:
    """Remove each rule that allows private networks, and deny these ports where the default rules allow."""
    openings = tuple(openings)
    custom = _custom(openings)
    by_default = any(each.rule.path.startswith(DEFAULTS) for each in openings)
    steps = (*_removed(custom), *([_deny(group, ports)] if by_default else ()))
    return Fix(steps, (_BASTION_FIRST if by_default else "") + _narrowed(custom))


def _custom(openings: Iterable[Opening]) -> tuple[SecurityRule, ...]:
    rules = {each.rule.path: each.rule for each in openings}
    return tuple(rule for rule in rules.values() if rule.path.startswith(RULES))


def _removed(rules: Iterable[SecurityRule]) -> tuple[Step, ...]:
    return tuple(DeleteChild(rule.id) for rule in rules if rule.id)


def _narrowed(rules: Iterable[SecurityRule]) -> str:
    wide = [rule.name for rule in rules if rule.reading.opens_more]
    return f" Narrow {', '.join(wide)} instead if clients need the other ports." if wide else ""


def _deny(group: Resource, ports: Iterable[int]) -> PutChild:
    """Return a Deny of these ports for the whole network at the last free priority."""
    taken = {_priority(each) for each in group.items(RULES)}
    properties = {
        "priority": next(each for each in _PRIORITIES if each not in taken),
        "access": "Deny",
        "direction": "Inbound",
        "protocol": "*",
        "sourceAddressPrefix": "VirtualNetwork",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRanges": [str(each) for each in ports],
    }
    return PutChild(f"{group.id}/securityRules/{_DENY}", {"properties": properties})


def _priority(rule: object) -> Any:
    found = dig(rule, "properties.priority")
    return found if isinstance(found, int) else None
