"""Whether an alert rule on the activity log reports every success of an operation to somebody."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from detectors.alert import activity_rules, receivers
from detectors.alert.activity_rules import RULES, ReportedOperation
from detectors.evidence import evidence, listed
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild, SetProperty
from drift.ids import relative_to
from drift.model import Evidence, Outcome, Resource, Severity, Verdict

WATCHES: Final[Mapping[str, tuple[str, ...]]] = {
    ids.SUBSCRIPTION: (),
    RULES.lower(): (
        activity_rules.ENABLED,
        activity_rules.SCOPES,
        activity_rules.CONDITION,
        activity_rules.ACTIONS,
    ),
    receivers.GROUPS: (receivers.ENABLED, *receivers.RECEIVERS),
    receivers.PROCESSING.lower(): (
        receivers.PROCESSING_ENABLED,
        receivers.PROCESSING_ACTIONS,
        receivers.SCHEDULE,
        "properties.conditions",
    ),
}

LEAVES_OUT: Final = (
    "alert rules that query a log (scheduledQueryRules): the control does not read their queries, "
    "and fails where only such a rule exists"
)

_OFF: Final = "is disabled"
_CHOICE: Final = "Put in the id of an action group that reaches the people on call."
_BY_HAND: Final = (
    "Create an alert rule on the activity log of the whole subscription, with an action group that "
    "reaches the people on call."
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A rule about the operation, and why it does not report it to anybody, "" if it does."""

    rule: Resource
    problem: str = ""
    is_mute: bool = False


def judge(operation: ReportedOperation, subscription: Resource, estate: Estate) -> Verdict:
    """Pass where one rule reports every success to somebody.

    A rule without the property ``enabled`` is enabled.
    """
    known, doubt = listed(lambda: estate.extensions(subscription.id, RULES))
    candidates: list[_Candidate] = []
    for each in known:
        try:
            if not activity_rules.is_about(each, operation):
                continue
            found = _candidate(each, operation, subscription, estate)
        except Unreadable as error:
            doubt = doubt or error
            continue
        if not found.problem:
            return _reported(found, operation, subscription, estate)
        candidates.append(found)
    if doubt:
        raise doubt
    is_mute = any(each.is_mute for each in candidates)
    new = replace(operation, rule=_free_name(operation.rule, {each.name.lower() for each in known}))
    return Verdict(
        Outcome.FAIL,
        _reason(candidates, operation),
        _evidence([each.rule for each in candidates], subscription),
        Severity.HIGH if is_mute else Severity.MEDIUM,
        _fix(new, candidates, subscription, estate),
    )


def _candidate(
    rule: Resource, operation: ReportedOperation, subscription: Resource, estate: Estate
) -> _Candidate:
    gap = activity_rules.gap_of(rule, operation, subscription)
    if gap or not activity_rules.is_enabled(rule):
        return _Candidate(rule, gap or _OFF)
    problems, doubt = [], None
    for group in activity_rules.action_groups_of(rule):
        try:
            problem = receivers.problem_of(group, estate)
        except Unreadable as error:
            doubt = error
            continue
        if not problem:
            return _Candidate(rule)
        problems.append(problem)
    if doubt:
        raise doubt
    return _Candidate(rule, " and ".join(problems) or "calls no action group", is_mute=True)


def _reported(
    good: _Candidate, operation: ReportedOperation, subscription: Resource, estate: Estate
) -> Verdict:
    """Pass unless a processing rule removes the action groups from alerts."""
    shown = _evidence([good.rule], subscription)
    suppressing = receivers.holding_back(subscription, estate)
    if not suppressing:
        reason = f"Alert rule {good.rule.name} reports {operation.does}."
        return Verdict(Outcome.PASS, reason, shown)
    names = " and ".join(each.name for each in suppressing)
    path = receivers.PROCESSING_ENABLED
    held = tuple(evidence(each, path, "false", of=subscription) for each in suppressing)
    return Verdict(
        Outcome.FAIL,
        f"Alert rule {good.rule.name} reports {operation.does}, but the alert processing rule "
        f"{names} "
        "removes the action groups of its alerts.",
        (*shown, *held),
        Severity.HIGH,
        Fix(
            tuple(SetProperty(each.id, path, False) for each in suppressing),
            "The rule then also stops suppressing other alerts.",
        ),
    )


def _reason(candidates: Sequence[_Candidate], operation: ReportedOperation) -> str:
    if not candidates:
        return f"No alert rule reports {operation.does}."
    problems = ". ".join(f"Alert rule {each.rule.name} {each.problem}" for each in candidates)
    return f"No alert rule notifies anybody of {operation.does}. {problems}."


def _evidence(rules: Sequence[Resource], of: Resource) -> tuple[Evidence, ...]:
    if not rules:
        path = f"{relative_to(f'{of.id}/providers/{RULES}', of.id)}#{activity_rules.CONDITION}"
        return (Evidence(path, None, "an alert rule"),)
    paths = (activity_rules.SCOPES, activity_rules.CONDITION, activity_rules.ACTIONS)
    return tuple(evidence(each, path, of=of) for each in rules for path in paths)


def _fix(
    operation: ReportedOperation,
    candidates: Sequence[_Candidate],
    subscription: Resource,
    estate: Estate,
) -> Fix:
    """Enable a disabled but otherwise correct rule, else add a rule; else a person decides where."""
    for each in candidates:
        if each.problem == _OFF and _reaches(each.rule, estate):
            return Fix((SetProperty(each.rule.id, activity_rules.ENABLED, True),))
    here = ids.subscription_of(subscription.id)
    workspaces = estate.baseline.approved_workspaces
    near = next((each for each in workspaces if ids.subscription_of(each) == here), "")
    if not near:
        return Fix(note=_BY_HAND)
    rule = f"{ids.group_of(near)}/providers/{RULES}/{operation.rule}"
    return Fix((PutChild(rule, _body(operation, subscription)),), _CHOICE)


def _reaches(rule: Resource, estate: Estate) -> bool:
    try:
        groups = activity_rules.action_groups_of(rule)
        return any(not receivers.problem_of(each, estate) for each in groups)
    except Unreadable:
        return False


def _body(operation: ReportedOperation, subscription: Resource) -> dict[str, Any]:
    leaves = {"category": "Administrative", "operationName": operation.name}
    return {
        "location": "Global",
        "properties": {
            "enabled": True,
            "scopes": [subscription.id],
            "condition": {"allOf": [{"field": k, "equals": v} for k, v in leaves.items()]},
            "actions": {"actionGroups": [{"actionGroupId": "<ACTION_GROUP_ID>"}]},
        },
    }


def _free_name(name: str, taken: Collection[str]) -> str:
    others = (f"{name}-{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([name], others) if each.lower() not in taken)
