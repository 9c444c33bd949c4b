"""Alert rules on the activity log: which of them report every success of an operation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from drift import ids
from drift.arm.references import items_at
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig

RULES: Final = "Microsoft.Insights/activityLogAlerts"
ENABLED: Final = "properties.enabled"
SCOPES: Final = "properties.scopes"
CONDITION: Final = "properties.condition"
ACTIONS: Final = "properties.actions"

_CATEGORY: Final = "administrative"
_STATES: Final = frozenset({"started", "accepted", "succeeded"})
"""States in the log of a write that succeeds; a rule for one of them reports it."""


@dataclass(frozen=True, slots=True)
class ReportedOperation:
    """An operation that must be reported: its name in ARM, its description, and the name of a new rule."""

    name: str
    does: str
    rule: str

    def values(self, field: str) -> frozenset[str]:
        """Return the values of a field of the log for a success, none for a field that varies."""
        kind = self.name.rpartition("/")[0].lower()
        known = {
            "category": {_CATEGORY},
            "operationname": {self.name.lower()},
            "resourcetype": {kind},
            "resourceprovider": {kind.partition("/")[0]},
            "level": {"informational"},
            "status": _STATES,
        }
        return frozenset(known.get(field, ()))


@dataclass(frozen=True, slots=True)
class _Leaf:
    field: str
    values: frozenset[str]


def is_about(rule: Resource, operation: ReportedOperation) -> bool:
    """Tell whether a rule is about an operation, however narrowly; raise Unreadable."""
    return all(
        any(_holds(each, operation) for each in leaf)
        for leaf in _leaves(rule)
        if {each.field for each in leaf} & {"category", "operationname"}
    )


def gap_of(rule: Resource, operation: ReportedOperation, subscription: Resource) -> str:
    """Return what a rule about an operation does not cover, "" for nothing; raise Unreadable."""
    scopes = [f"/{ids.key(each).lstrip('/')}" for each in _texts(rule, rule, SCOPES)]
    if ids.key(subscription.id) not in scopes:
        return "covers only a part of the subscription"
    narrowing = [
        leaf for leaf in _leaves(rule) if not any(_holds(each, operation) for each in leaf)
    ]
    if narrowing:
        fields = sorted({each.field for leaf in narrowing for each in leaf})
        return f"reports it only for certain values of {', '.join(fields)}"
    return ""


def is_enabled(rule: Resource) -> bool:
    """Tell whether a rule is enabled, which is the default; raise Unreadable."""
    enabled = rule.flag(ENABLED)
    return True if enabled is MISSING else enabled


def action_groups_of(rule: Resource) -> tuple[str, ...]:
    """Return the ids of the action groups that a rule calls; raise Unreadable."""
    found = []
    for each in items_at(rule, f"{ACTIONS}.actionGroups"):
        group = dig(each, "actionGroupId")
        if not isinstance(group, str) or not ids.is_id(group):
            raise Unreadable(f"{rule.id}#{ACTIONS}", "an action group has no id")
        found.append(f"/{group.strip('/')}")
    return tuple(found)


def _holds(leaf: _Leaf, operation: ReportedOperation) -> bool:
    return not leaf.values.isdisjoint(operation.values(leaf.field))


def _leaves(rule: Resource) -> Iterator[tuple[_Leaf, ...]]:
    """Yield the conditions that must all hold, each as its alternatives; raise Unreadable."""
    conditions = items_at(rule, f"{CONDITION}.allOf")
    if not conditions:
        raise Unreadable(f"{rule.id}#{CONDITION}", "it has no conditions")
    for each in conditions:
        alternatives = items_at(each, "anyOf")
        yield tuple(_leaf(rule, one) for one in alternatives or (each,))


def _leaf(rule: Resource, condition: Any) -> _Leaf:
    field = dig(condition, "field")
    if not isinstance(field, str):
        raise Unreadable(f"{rule.id}#{CONDITION}", "a condition has no field")
    equals = dig(condition, "equals")
    values = [equals] if isinstance(equals, str) else _texts(rule, condition, "containsAny")
    if not values:
        raise Unreadable(f"{rule.id}#{CONDITION}", "a condition has no value")
    return _Leaf(field.lower(), frozenset(each.lower() for each in values))


def _texts(rule: Resource, holder: Any, path: str) -> list[str]:
    found = items_at(holder, path)
    if not all(isinstance(each, str) for each in found):
        raise Unreadable(f"{rule.id}#{path}", "one of them is not a string")
    return list(found)
