"""Whether Azure Policy requires encryption at rest of all storage accounts and SQL databases."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.evidence import evidence, listed
from detectors.policy.assignments import (
    ASSIGNMENTS,
    AUDITING,
    DEFINITION,
    DEFINITIONS,
    DISABLED,
    MEMBERS,
    OVERRIDES,
    PARAMETERS,
    RULE,
    SETS,
    Part,
    effects_of,
    parts_of,
)
from detectors.policy.coverage import (
    ENFORCEMENT,
    NOT_SCOPES,
    SELECTORS,
    excluded,
    excluded_without_phi,
    is_above,
    is_enforced,
    scope_of,
    selects,
)
from detectors.policy.encryption import REQUIREMENTS, Requirement
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild, SetProperty, Step
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="POLICY-ENCRYPTION-INITIATIVE",
    title="Azure Policy must require encryption at rest of storage and SQL",
    service="Azure Policy",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.308(a)(1)(ii)(B)", "164.308(a)(8)", "164.316(a)"),
    why="Without it, a new storage account or database may hold PHI unencrypted or under a "
    "Microsoft-managed key, and nothing reports it.",
    fix="az policy assignment create --name phi-encryption --policy-set-definition <your set> "
    "--scope /subscriptions/<id>",
    watches={
        ids.SUBSCRIPTION: (),
        ids.MANAGEMENT_GROUP: (),
        ids.GROUP: ("tags",),
        ASSIGNMENTS.lower(): (
            *(DEFINITION, ENFORCEMENT, NOT_SCOPES, SELECTORS, PARAMETERS, OVERRIDES),
        ),
        SETS: (MEMBERS, PARAMETERS),
        DEFINITIONS: (RULE, PARAMETERS),
    },
    also_judges=(ids.MANAGEMENT_GROUP,),
    leaves_out="a resource with a PHI tag in an excluded resource group that has no PHI tag, and "
    "assignments of single resource groups, which do not cover new groups",
)

_NOTE: Final = (
    "The assignments only report. With the effect Deny, where a definition has it, Azure refuses "
    "the next write of each non-compliant resource: first list these resources in Azure Policy."
)


@dataclass(frozen=True, slots=True)
class _Demand:
    """A requirement in an assignment; ``problem``: why it is not in force everywhere, or ""."""

    requirement: Requirement
    assignment: Resource
    problem: str = ""
    audits: bool = False

    @property
    def is_off(self) -> bool:
        """Tell whether only the enforcement is off."""
        return self.problem == _NOT_ENFORCED


_NOT_ENFORCED: Final = "is not enforced"


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each requirement: one assignment at the subscription or above it must have it in force.

    Built-in sets are read last: those named HIPAA or HITRUST have no policy for the keys of storage
    accounts, so that alone they do not suffice. An effect that only audits passes: the built-in
    policy for storage accounts has no other.
    """
    found, doubt = listed(lambda: estate.extensions(resource.id, ASSIGNMENTS))
    demands: list[_Demand] = []
    for each in sorted(found, key=_is_of_built_in_set):
        if not is_above(each, resource) or not _unmet(demands):
            continue
        try:
            demands += _demands(each, resource, estate)
        except Unreadable as error:
            doubt = doubt or error
    missing = _unmet(demands)
    if missing and doubt:
        raise doubt
    return _failure(missing, demands, resource) if missing else _pass(demands, resource)


def _is_of_built_in_set(assignment: Resource) -> bool:
    definition = assignment.shown(DEFINITION)
    return isinstance(definition, str) and ids.key(definition).startswith(f"/providers/{SETS}/")


def _unmet(demands: Sequence[_Demand]) -> list[Requirement]:
    met = {each.requirement.name for each in demands if not each.problem}
    return [each for each in REQUIREMENTS if each.name not in met]


def _demands(assignment: Resource, subscription: Resource, estate: Estate) -> Iterator[_Demand]:
    for part in parts_of(assignment, estate):
        for each in REQUIREMENTS:
            if each.is_met_by(part.definition, estate.baseline):
                yield _demand(each, (assignment, part), subscription, estate)


def _demand(
    requirement: Requirement,
    where: tuple[Resource, Part],
    subscription: Resource,
    estate: Estate,
) -> _Demand:
    assignment, part = where
    effects = effects_of(assignment, part, estate)
    problem = ""
    if DISABLED in effects:
        problem = f"disables it{' for some resources' if len(effects) > 1 else ''}"
    elif not selects(assignment, requirement.kinds):
        problem = "selects only some resources"
    elif left_out := excluded(assignment, subscription, estate):
        problem = f"excludes {left_out}"
    elif not is_enforced(assignment):
        problem = _NOT_ENFORCED
    return _Demand(requirement, assignment, problem, bool(effects & AUDITING))


def _pass(demands: Sequence[_Demand], subscription: Resource) -> Verdict:
    met = [each for each in demands if not each.problem]
    names = sorted({each.assignment.name for each in met})
    reasons = [f"Policy assignments require encryption at rest: {', '.join(names)}."]
    if audited := _words(each.requirement for each in met if each.audits):
        reasons.append(f"They only report: {audited}.")
    left_out = sorted(
        {name for each in met for name in excluded_without_phi(each.assignment, subscription)}
    )
    if left_out:
        reasons.append(f"They exclude resources without a PHI tag: {', '.join(left_out)}.")
    return Verdict(Outcome.PASS, " ".join(reasons), _evidence(met, subscription))


def _failure(
    missing: Sequence[Requirement], demands: Sequence[_Demand], subscription: Resource
) -> Verdict:
    tried = {each.name: [d for d in demands if d.requirement is each] for each in missing}
    reasons = []
    if absent := _words(each for each in missing if not tried[each.name]):
        reasons.append(f"No policy assignment requires {absent}.")
    for found in tried.values():
        reasons += [
            f"Policy assignment {each.assignment.name} {each.problem}: {each.requirement.words}."
            for each in found
        ]
    steps: list[Step] = []
    for each in missing:
        step = _step(each, tried[each.name], subscription)
        steps += [] if step in steps else [step]
    shown = [each for found in tried.values() for each in found]
    return Verdict(
        Outcome.FAIL,
        " ".join(reasons),
        _evidence(shown, subscription),
        fix=Fix(tuple(steps), _NOTE),
    )


def _step(requirement: Requirement, tried: Sequence[_Demand], subscription: Resource) -> Step:
    """Switch the enforcement on where that is all; else assign the built-in definition by itself."""
    own = ids.key(subscription.id)
    for each in tried:
        if each.is_off and scope_of(each.assignment) == own:
            return SetProperty(each.assignment.id, ENFORCEMENT, "Default")
    name = requirement.name.replace("_", "-")
    definition = requirement.built_in[0]
    return PutChild(
        f"{subscription.id}/providers/{ASSIGNMENTS}/phi-{name}",
        {
            "properties": {
                "displayName": f"PHI: {requirement.words}",
                "policyDefinitionId": (
                    f"/providers/Microsoft.Authorization/policyDefinitions/{definition}"
                ),
                "parameters": {"effect": {"value": requirement.effect}},
                "enforcementMode": "Default",
            }
        },
    )


def _words(requirements: Iterable[Requirement]) -> str:
    return ", ".join(dict.fromkeys(each.words for each in requirements))


def _evidence(demands: Sequence[_Demand], subscription: Resource) -> tuple[Evidence, ...]:
    assignments = {ids.key(each.assignment.id): each.assignment for each in demands}
    paths = (DEFINITION, ENFORCEMENT)
    return tuple(
        evidence(each, path, of=subscription) for each in assignments.values() for path in paths
    )
