"""Continuous exports of Defender for Cloud: what each exports, for which scope, and to which target."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from drift import ids
from drift.arm.references import id_at, items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, dig

AUTOMATIONS: Final = "Microsoft.Security/automations"
ENABLED: Final = "properties.isEnabled"
SCOPES: Final = "properties.scopes"
SOURCES: Final = "properties.sources"
ACTIONS: Final = "properties.actions"

ALERTS: Final = "alerts"
RECOMMENDATIONS: Final = "recommendations"
_KINDS: Final = {
    "alerts": ALERTS,
    "assessments": RECOMMENDATIONS,
    "subassessments": RECOMMENDATIONS,
}
"""What a source exports, by its ``eventSource``; weekly snapshots do not count."""

_LEVELS: Final = ("high", "medium")
"""The severities that must be exported."""

_WHOLE_TYPES: Final = frozenset({"microsoft.security/", "microsoft.security/assessments"})
"""Rule types that exclude nothing of a source, as the portal writes them."""

_TARGETS: Final = {"workspace": "workspaceResourceId", "eventhub": "eventHubResourceId"}


@dataclass(frozen=True, slots=True)
class ContinuousExport:
    """One export: the kinds that it sends for the whole subscription, and why it does not count."""

    automation: Resource
    kinds: frozenset[str]
    problem: str = ""


def judged(automation: Resource, subscription: Resource, estate: Estate) -> ContinuousExport:
    """Return what an export sends; raise Unreadable where that is not known."""
    kinds = frozenset(_kinds(automation))
    if not kinds:
        return ContinuousExport(
            automation, kinds, "does not export all alerts or all recommendations"
        )
    if not _covers(automation, subscription):
        return ContinuousExport(automation, kinds, "covers only a part of the subscription")
    enabled = automation.flag(ENABLED)
    if enabled is MISSING:
        raise Unreadable(f"{automation.id}#{ENABLED}", "absent")
    if not enabled:
        return ContinuousExport(automation, kinds, "is switched off")
    return ContinuousExport(automation, kinds, _target_problem(automation, estate))


def _covers(automation: Resource, subscription: Resource) -> bool:
    """Tell whether one of the scopes is the whole subscription; a group is only a part of it."""
    paths = [dig(each, "scopePath") for each in items_at(automation, SCOPES)]
    if not all(isinstance(each, str) for each in paths):
        raise Unreadable(f"{automation.id}#{SCOPES}", "a scope has no path")
    return ids.key(subscription.id) in {f"/{ids.key(each).lstrip('/')}" for each in paths}


def _kinds(automation: Resource) -> Iterator[str]:
    for source in items_at(automation, SOURCES):
        name = dig(source, "eventSource")
        if not isinstance(name, str):
            raise Unreadable(f"{automation.id}#{SOURCES}", "a source has no name")
        kind = _KINDS.get(name.lower())
        if kind and _lets_through(automation, source):
            yield kind


def _lets_through(automation: Resource, source: Any) -> bool:
    """Tell whether a source sends all that is of high or medium severity; raise Unreadable.

    One of the rule sets must hold, and all rules of it. Without rule sets everything is sent.
    """
    sets = items_at(source, "ruleSets")
    answers = [[_holds(each, level) for each in sets] for level in _LEVELS]
    if not sets or all(True in each for each in answers):
        return True
    if any(True not in each and None in each for each in answers):
        raise Unreadable(f"{automation.id}#{SOURCES}", "a rule has an unknown form")
    return False


def _holds(rule_set: Any, level: str) -> bool | None:
    """Tell whether a rule set exports everything of a severity, None if that is not known."""
    answers = [_rule_holds(each, level) for each in items_at(rule_set, "rules")]
    if False in answers:
        return False
    return None if None in answers else True


def _rule_holds(rule: Any, level: str) -> bool | None:
    words = [dig(rule, name) for name in ("propertyJPath", "operator", "expectedValue")]
    if not all(isinstance(each, str) for each in words):
        return None
    path, operator, value = (each.lower() for each in words)
    if path == "type":
        return True if operator == "contains" and value in _WHOLE_TYPES else None
    if path.rpartition(".")[2] != "severity":
        return None
    match operator:
        case "equals":
            return bool(value == level)
        case "notequals":
            return bool(value != level)
        case _:
            return None


def _target_problem(automation: Resource, estate: Estate) -> str:
    """Return why no target of an export can be searched, "" if one can; raise Unreadable."""
    problems, doubt = [], None
    for action in items_at(automation, ACTIONS):
        try:
            problem = _problem_of(action, estate)
        except Unreadable as error:
            doubt = error
            continue
        if not problem:
            return ""
        problems.append(problem)
    if doubt:
        raise doubt
    return "; it ".join(dict.fromkeys(problems)) or "has no target"


def _problem_of(action: Any, estate: Estate) -> str:
    kind = dig(action, "actionType")
    if not isinstance(kind, str):
        raise Unreadable(ACTIONS, "an action has no type")
    if kind.lower() == "logicapp":
        return "sends to a Logic App, which does not store the data"
    path = _TARGETS.get(kind.lower())
    target = id_at(action, path) if path else ""
    if not target:
        raise Unreadable(ACTIONS, "an action has an unknown form")
    approved = [ids.key(each) for each in estate.baseline.approved_workspaces]
    if kind.lower() == "workspace" and approved and ids.key(target) not in approved:
        return f"sends to a workspace that is not approved: {ids.name_of(target)}"
    if estate.get(target) is None:
        return f"sends to {ids.last_pair_of(target)}, which does not exist"
    return ""


def sends_to_workspaces_only(automation: Resource) -> bool:
    """Tell whether every action is a workspace: ARM does not return the key of an event hub."""
    actions = automation.get(ACTIONS)
    return isinstance(actions, list | tuple) and all(
        isinstance(each, Mapping) and str(dig(each, "actionType")).lower() == "workspace"
        for each in actions
    )
