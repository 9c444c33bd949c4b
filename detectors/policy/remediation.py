"""Whether encryption policies that repair resources have a working task and identity."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from detectors.evidence import evidence, listed
from detectors.policy.assignments import (
    ASSIGNMENTS,
    DEFINITION,
    DEFINITIONS,
    MEMBERS,
    OVERRIDES,
    PARAMETERS,
    RULE,
    SETS,
)
from detectors.policy.coverage import ENFORCEMENT, NOT_SCOPES
from detectors.policy.repair_identity import (
    IDENTITY,
    KIND,
    PRINCIPAL,
    ROLE,
    ROLE_ASSIGNMENTS,
    identity_problem,
)
from detectors.policy.repair_tasks import (
    ASSIGNMENT,
    COMPLIANCE,
    CREATED,
    FAILED,
    FILTERS,
    LIMIT,
    REFERENCE,
    STATE,
    STATES,
    TASKS,
    task_problem,
)
from detectors.policy.repairs import Problem, Repair, repairs_of
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, Step
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="POLICY-REMEDIATION",
    title="Encryption policies that repair resources must have a working task and identity",
    service="Azure Policy",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.308(a)(1)(ii)(B)", "164.312(a)(2)(iv)", "164.308(a)(8)"),
    why="Existing resources stay unencrypted, although the policy is assigned and enforced.",
    fix="az policy remediation create --name <name> --policy-assignment <assignment id>",
    watches={
        ids.SUBSCRIPTION: (),
        ASSIGNMENTS.lower(): (
            *(DEFINITION, ENFORCEMENT, NOT_SCOPES, PARAMETERS, OVERRIDES, IDENTITY, KIND),
        ),
        SETS: (MEMBERS, PARAMETERS),
        DEFINITIONS: (RULE, PARAMETERS),
        ROLE_ASSIGNMENTS.lower(): (ROLE, PRINCIPAL),
        STATES.lower(): (COMPLIANCE,),
        TASKS.lower(): (ASSIGNMENT, REFERENCE, STATE, FAILED, FILTERS, LIMIT, CREATED),
    },
    leaves_out="assignments and tasks of single resource groups, tasks of management groups "
    "between the subscription and the one that assigns, and whether the identity still exists in "
    "the directory",
)

_Check = Callable[[Repair, Resource, Estate], Problem | None]

_CHECKS: Final[tuple[_Check, ...]] = (identity_problem, task_problem)

_NOTE: Final = (
    "A task changes existing resources: modify changes live settings, and a database is encrypted "
    "while it is in use. A role for the identity is a new role assignment: approve it first. An "
    "assignment without an identity needs a managed one, with the roles that its definition names."
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each enforced policy of encryption that repairs, at the subscription or above it.

    It is not documented that a task may be Accepted or Running. If Azure Policy shows no state,
    there is nothing to repair: it evaluates a new assignment after half an hour, all others daily.
    """
    doubts: list[Unreadable] = []
    repairs = [*_repairs(resource, estate, doubts)]
    problems = [*_problems(repairs, resource, estate, doubts)]
    if problems:
        return _failure(problems, repairs, resource)
    if doubts:
        raise doubts[0]
    if not repairs:
        return Verdict(Outcome.NOT_APPLICABLE, "No enforced policy repairs encryption.")
    names = ", ".join(each.name for each in repairs)
    reason = (
        f"Non-compliant resources are repaired, by identities with the required roles: {names}."
    )
    return Verdict(Outcome.PASS, reason, _evidence(repairs, resource))


def _repairs(subscription: Resource, estate: Estate, doubts: list[Unreadable]) -> Iterator[Repair]:
    """Yield the repairs of encryption; add unreadable ones to the doubts."""
    found, doubt = listed(lambda: estate.extensions(subscription.id, ASSIGNMENTS))
    doubts += [doubt] if doubt else []
    for each in found:
        try:
            yield from repairs_of(each, subscription, estate)
        except Unreadable as error:
            doubts.append(error)


def _problems(
    repairs: Sequence[Repair], subscription: Resource, estate: Estate, doubts: list[Unreadable]
) -> Iterator[Problem]:
    """Yield the problems of repairs; add unreadable ones to the doubts."""
    for repair in repairs:
        for check in _CHECKS:
            try:
                problem = check(repair, subscription, estate)
            except Unreadable as error:
                doubts.append(error)
            else:
                yield from (problem,) if problem else ()


def _failure(
    problems: Sequence[Problem], repairs: Sequence[Repair], subscription: Resource
) -> Verdict:
    steps: list[Step] = []
    for each in (step for problem in problems for step in problem.steps):
        steps += [] if each in steps else [each]
    return Verdict(
        Outcome.FAIL,
        " ".join(f"{each.words}." for each in problems),
        _evidence(repairs, subscription),
        severity=Severity.HIGH if any(each.lasting for each in problems) else None,
        fix=Fix(tuple(steps), _NOTE),
    )


def _evidence(repairs: Sequence[Repair], subscription: Resource) -> tuple[Evidence, ...]:
    assignments = {ids.key(each.assignment.id): each.assignment for each in repairs}
    return tuple(
        evidence(each, path, of=subscription)
        for each in assignments.values()
        for path in (DEFINITION, KIND)
    )
