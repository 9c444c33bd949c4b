"""What NSG-ADMIN-PORTS says of a group with these rules."""

from typing import Any

from detectors.network.admin_ports import evaluate
from drift.model import Verdict
from tests.detectors.network.groups import Estate, group, rule


def judged(*rules: object, approved: tuple[str, ...] = (), **properties: Any) -> Verdict:
    return evaluate(group(rules, **properties), Estate(*approved))


def sources(*prefixes: str) -> dict[str, Any]:
    return {"sourceAddressPrefix": "", "sourceAddressPrefixes": list(prefixes)}


def source(prefix: str) -> dict[str, Any]:
    return {"sourceAddressPrefix": prefix}


def deny(name: str, priority: object, **properties: Any) -> dict[str, Any]:
    return rule(name, priority, access="Deny", **properties)
