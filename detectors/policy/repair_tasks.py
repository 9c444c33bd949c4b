"""Whether a remediation task repairs what a policy finds non-compliant."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from detectors.policy.assignments import parts_of_set
from detectors.policy.coverage import scope_of
from detectors.policy.repairs import Problem, Repair
from drift import ids
from drift.arm.references import id_at, items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import PutChild
from drift.model import MISSING, Resource
from drift.untrusted_json import moment_of

STATES: Final = "Microsoft.PolicyInsights/policyStates"
TASKS: Final = "Microsoft.PolicyInsights/remediations"
ASSIGNMENT: Final = "properties.policyAssignmentId"
REFERENCE: Final = "properties.policyDefinitionReferenceId"
COMPLIANCE: Final = "properties.complianceState"
EVALUATED: Final = "properties.timestamp"
COUNT: Final = "properties.resources"
STATE: Final = "properties.provisioningState"
FAILED: Final = "properties.deploymentStatus.failedDeployments"
FILTERS: Final = "properties.filters"
LIMIT: Final = "properties.resourceCount"
CREATED: Final = "properties.createdOn"
UPDATED: Final = "properties.lastUpdatedOn"

_SETTLED: Final = frozenset({"compliant", "exempt"})
_RUNNING: Final = frozenset({"accepted", "evaluating", "running"})
_DONE: Final = frozenset({"complete", "succeeded"})
_STOPPED: Final = frozenset({"canceled", "cancelled", "cancelling", "failed"})

_DEFAULT_LIMIT: Final = 500
"""How many resources a task repairs that names no number.
https://learn.microsoft.com/azure/governance/policy/how-to/remediate-resources"""

_MOST: Final = 50_000

_LATE: Final = timedelta(days=1)
"""Azure Policy evaluates every resource once a day: so long states may be older than their repair."""

_SUFFIX: Final = f"/providers/{TASKS.lower()}/"


@dataclass(frozen=True, slots=True)
class _Open:
    """The non-compliant resources of a repair, and when the oldest was evaluated, None: not shown."""

    count: int
    oldest: datetime | None


def task_problem(repair: Repair, subscription: Resource, estate: Estate) -> Problem | None:
    """Return why what does not comply is not repaired, None where it is; raise Unreadable.

    The newest task decides. One that leaves resources out by a filter does not count, and neither
    does one of a resource group.
    """
    found_states = estate.extensions(subscription.id, STATES)
    states = [each for each in found_states if _is_state_of(each, repair, estate)]
    found = _open(states)
    if found.count:
        problem = _unrepaired(repair, found, subscription, estate)
        if problem:
            return problem
    for each in states:
        if each.word(COMPLIANCE) not in {*_SETTLED, "noncompliant"}:
            raise Unreadable(f"{each.id}#{COMPLIANCE}", "whether it complies is not known")
    return None


def _is_state_of(state: Resource, repair: Repair, estate: Estate) -> bool:
    """Tell whether a state belongs to a repair; raise Unreadable where the set has no such member."""
    whole, reference = repair.part.whole, state.word(REFERENCE)
    if not _is_of_assignment(state, repair):
        return False
    if whole and reference not in {each.reference for each in parts_of_set(whole.id, estate)}:
        raise Unreadable(f"{state.id}#{REFERENCE}", "no member of the set has this reference")
    return whole is None or reference == repair.part.reference


def _is_task_of(task: Resource, repair: Repair) -> bool:
    """Tell whether a task is for a repair: in a set, it names its member."""
    is_member = repair.part.whole is None or task.word(REFERENCE) == repair.part.reference
    return _is_of_assignment(task, repair) and is_member


def _is_of_assignment(found: Resource, repair: Repair) -> bool:
    assignment = id_at(found, ASSIGNMENT)
    if not assignment:
        raise Unreadable(f"{found.id}#{ASSIGNMENT}", "absent")
    return ids.key(assignment) == ids.key(repair.assignment.id)


def _open(states: list[Resource]) -> _Open:
    """Count what does not comply. A state of Azure counts as one; a row of a summary has a count."""
    count, times = 0, []
    for each in states:
        if each.word(COMPLIANCE) == "noncompliant":
            number = each.number(COUNT)
            count += 1 if number is MISSING else int(number)
            times.append(moment_of(each.get(EVALUATED)))
    known = [each for each in times if each]
    return _Open(count, min(known) if known and len(known) == len(times) else None)


def _unrepaired(
    repair: Repair, found: _Open, subscription: Resource, estate: Estate
) -> Problem | None:
    """Judge the tasks at the subscription, then also those at the management group that assigns."""
    tasks: list[Resource] = []
    why, own = "", ids.key(subscription.id)
    for scope in dict.fromkeys((own, scope_of(repair.assignment))):
        tasks += _tasks_at(subscription.id if scope == own else scope, repair, estate)
        why = _why(sorted(tasks, key=_created), found, estate.now)
        if not why:
            return None
    words = "resource does" if found.count == 1 else "resources do"
    return Problem(
        f"{found.count} {words} not comply with the policy assignment {repair.name}, and {why}",
        (_new_task(repair, found, subscription, estate.now),),
    )


def _tasks_at(scope: str, repair: Repair, estate: Estate) -> Iterator[Resource]:
    for each in estate.extensions(scope, TASKS):
        at = ids.key(each.id).rpartition(_SUFFIX)[0]
        if at == ids.key(scope) and _is_task_of(each, repair):
            yield each


def _created(task: Resource) -> datetime:
    created = moment_of(task.get(CREATED))
    if created is None:
        raise Unreadable(f"{task.id}#{CREATED}", "not a time")
    return created


def _is_filtered(task: Resource) -> bool:
    filters = task.get(FILTERS)
    if filters is MISSING:
        return False
    if not isinstance(filters, Mapping):
        raise Unreadable(f"{task.id}#{FILTERS}", "not an object")
    return any(items_at(filters, each) for each in filters)


def _why(tasks: Sequence[Resource], found: _Open, now: datetime) -> str:
    """Return why tasks do not repair what does not comply, "" where they do; raise Unreadable."""
    whole = [each for each in tasks if not _is_filtered(each)]
    if whole:
        return _why_not_by(whole[-1], found, now)
    return (
        f"the task {tasks[-1].name} excludes some by a filter" if tasks else "no task repairs them"
    )


def _why_not_by(task: Resource, found: _Open, now: datetime) -> str:
    state, failed, limit = task.word(STATE), task.number(FAILED), task.number(LIMIT)
    if state not in _RUNNING | _DONE | _STOPPED:
        raise Unreadable(f"{task.id}#{STATE}", "not a known state")
    if state in _STOPPED:
        return f"the task {task.name} was stopped or failed"
    if failed is not MISSING and failed:
        return f"{failed} deployments of the task {task.name} failed"
    most = _DEFAULT_LIMIT if limit is MISSING else int(limit)
    if most < found.count:
        return f"the task {task.name} repairs only {most} of them"
    if state in _DONE and failed is MISSING:
        raise Unreadable(f"{task.id}#{FAILED}", "absent")
    return _too_old(task, found, now)


def _too_old(task: Resource, found: _Open, now: datetime) -> str:
    ended = moment_of(task.get(UPDATED)) or _created(task)
    if task.word(STATE) in _DONE and ended < now - _LATE:
        return f"the task {task.name} ended on {ended:%Y-%m-%d} without repairing them"
    if found.oldest is None:
        raise Unreadable(EVALUATED, "when a resource was evaluated is not shown")
    if _created(task) < found.oldest:
        return f"the task {task.name} began before they were last evaluated"
    return ""


def _new_task(repair: Repair, found: _Open, subscription: Resource, now: datetime) -> PutChild:
    words = re.sub("[^a-z0-9]+", "-", repair.name.lower()).strip("-")[:40]
    properties: dict[str, object] = {"policyAssignmentId": repair.assignment.id}
    if repair.part.spelt:
        properties["policyDefinitionReferenceId"] = repair.part.spelt
    if found.count > _DEFAULT_LIMIT:
        properties["resourceCount"] = min(found.count, _MOST)
    return PutChild(
        f"{subscription.id}/providers/{TASKS}/{words}-{now:%Y%m%d}", {"properties": properties}
    )
