"""NSG-ADMIN-PORTS: a rule of a failing group that lacks a property never makes the group pass."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from detectors.examples import Example
from detectors.network import admin_ports
from drift import ids
from drift.model import Outcome
from tests.detectors.judging import failures_of, judged_in

EXAMPLES = [
    each
    for each in failures_of(admin_ports)
    if each.name
    != "from inside, and only the subnet is at hand"  # what is not given does not prevent a pass
]
IN_FORCE = "provisioningState"
"""A Deny that shows no state is in force."""


def lacking(example: Example) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the group without one property of one rule, and which."""
    body = example.resource.body
    for name in ("securityRules", "defaultSecurityRules"):
        for index, rule in enumerate(body["properties"].get(name) or ()):
            for lost in rule.get("properties", {}).keys() - {IN_FORCE}:
                changed = copy.deepcopy(dict(body))
                del changed["properties"][name][index]["properties"][lost]
                yield f"{name}[{index}].{lost}", changed


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_a_rule_that_lacks_a_property_never_makes_a_failing_group_pass(example: Example) -> None:
    key = ids.key(example.resource.id)

    passed = [
        what
        for what, changed in lacking(example)
        if judged_in(example, {**example.documents, key: changed}).outcome is Outcome.PASS
    ]

    assert passed == []
