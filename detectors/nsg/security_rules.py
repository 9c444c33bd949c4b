"""The inbound rules of a network security group that may concern an administrative port, in order.

A rule that is not fully understood has doubts: a Deny with one blocks nothing, an Allow with one
allows what is certain, and possibly the rest.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from detectors.nsg.matches import (
    AdminServices,
    MatchBounds,
    may_administer,
    read_match,
    services_at,
)
from detectors.nsg.rule_fields import RuleFacts
from drift.errors import Unreadable
from drift.model import MISSING, Resource

RULES: Final = "properties.securityRules"
DEFAULTS: Final = "properties.defaultSecurityRules"

_BEFORE_ALL: Final = -1

_PRIORITIES: Final = {RULES: range(100, 4097), DEFAULTS: range(65000, 65501)}
"""https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"""

_OUTBOUND: Final = 2
_DIRECTIONS: Final = {"inbound": 1, "outbound": _OUTBOUND}
_ACCESS: Final = {"allow": True, "deny": False}

_STATES_IN_FORCE: Final = (None, "succeeded", "updating")
"""The rule states of a group during an update: it is evaluated again when the update has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule:
    """One inbound rule: ``facts`` are its properties.

    ``certain`` is False where its direction, access or place among the others is in doubt; ``id``
    is "" where the rule shows neither an id nor a name.
    """

    name: str
    id: str
    path: str
    facts: RuleFacts = field(repr=False, compare=False)
    allows: bool
    priority: int | None
    certain: bool
    reading: MatchBounds
    doubts: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the rule's name and priority in words."""
        priority = "unknown" if self.priority is None else self.priority
        return f"{self.name or self.path} (priority {priority})"

    @property
    def order(self) -> int:
        """Return the rule's place: if that is in doubt, it may come before all others."""
        return self.priority if self.certain and self.priority is not None else _BEFORE_ALL


def rules_of(group: Resource, ports: tuple[int, ...]) -> tuple[SecurityRule, ...]:
    """Return a group's rules for administrative ports in order, read once.

    Unmatched traffic is denied, so the default rules may be absent.
    """
    return group.derived(_reading(ports))


@functools.lru_cache(maxsize=8)
def _reading(ports: tuple[int, ...]) -> Callable[[Resource], tuple[SecurityRule, ...]]:
    """Return the one function that reads the rules for these ports."""
    return functools.partial(_rules_of, services=services_at(ports))


def _rules_of(group: Resource, *, services: AdminServices) -> tuple[SecurityRule, ...]:
    if group.get(RULES) is MISSING:
        raise Unreadable(RULES, "absent, although a group without rules shows an empty list")
    listed = [(path, raw) for path in (RULES, DEFAULTS) for raw in _items(group.get(path))]
    return rules_in_order(listed, group.id, services)


def _items(value: Any) -> Iterable[object]:
    """Return a list's items; a value that is not a list counts as one invalid rule."""
    if value is MISSING:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def rules_in_order(
    listed: Iterable[tuple[str, object]], group_id: str, services: AdminServices
) -> tuple[SecurityRule, ...]:
    """Return the rules in the order Azure applies them, without Denies that are in doubt.

    ``listed`` pairs each rule with the property path of its list.
    """
    found = (
        _read(raw, path, index, group_id=group_id, services=services)
        for index, (path, raw) in enumerate(listed)
    )
    rules = _with_conflicts([rule for rule in found if rule])
    kept = [rule for rule in rules if rule.allows or not rule.doubts]
    return tuple(sorted(kept, key=lambda rule: rule.order))


def _read(
    raw: object, path: str, index: int, *, group_id: str, services: AdminServices
) -> SecurityRule | None:
    """Return one rule, None where it is outbound or cannot match an administrative port."""
    facts = RuleFacts(raw)
    if facts.word("direction", _DIRECTIONS) == _OUTBOUND or not may_administer(facts, services):
        return None
    allows = facts.word("access", _ACCESS)
    priority = _priority(facts, path)
    certain = not facts.doubts
    if allows is False:
        _doubt_state(facts)
    reading = read_match(facts, services)
    name, rule_id = facts.identity(f"{group_id}/securityRules")
    return SecurityRule(
        name=name,
        id=rule_id,
        path=f"{path}[{name or index}]",
        facts=facts,
        allows=allows is not False,
        priority=priority,
        certain=certain,
        reading=reading,
        doubts=tuple(facts.doubts),
    )


def _priority(facts: RuleFacts, path: str) -> int | None:
    """Return a rule's priority; one outside Azure's range for its list is a doubt."""
    priority = facts.whole("priority")
    if priority is not None and priority not in _PRIORITIES[path]:
        facts.doubt("priority", priority)
    return priority


def _doubt_state(facts: RuleFacts) -> None:
    """Doubt a Deny that failed or is being deleted: nothing proves that it still denies."""
    state = facts.value("provisioningState")
    shown = state.lower() if isinstance(state, str) else state
    if shown not in _STATES_IN_FORCE:
        facts.doubt("provisioningState", state)


def _with_conflicts(rules: list[SecurityRule]) -> list[SecurityRule]:
    """Doubt rules that share a priority, which Azure refuses: their order is unknown.

    Allows that share one only with Allows have the same effect in any order.
    """
    sharing = Counter(rule.priority for rule in rules if rule.priority is not None)
    if len(sharing) == len(rules):
        return rules
    allows = Counter(rule.priority for rule in rules if rule.allows)
    unclear = {each for each, n in sharing.items() if n > 1 and n > allows[each]}
    return [_in_conflict(rule) if rule.priority in unclear else rule for rule in rules]


def _in_conflict(rule: SecurityRule) -> SecurityRule:
    doubt = f"another rule also has priority {rule.priority}"
    return replace(rule, certain=False, doubts=(*rule.doubts, doubt))
