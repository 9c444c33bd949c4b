"""The assignments by which a compliance standard is on the regulatory dashboard of a subscription."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from detectors.evidence import listed
from detectors.policy.assignments import ASSIGNMENTS, DEFINITION
from detectors.policy.coverage import SELECTORS, excluded, is_above
from drift import ids
from drift.arm.references import id_at, items_at, reference_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource
from drift.untrusted_json import moment_of

STANDARD_ASSIGNMENTS: Final = "Microsoft.Security/standardAssignments"
STANDARDS: Final = "microsoft.security/securitystandards"
EXCLUDED: Final = "properties.excludedScopes"
EFFECT: Final = "properties.effect"
EXPIRES: Final = "properties.expiresOn"
STANDARD: Final = "properties.assignedStandard"
POLICY_SET: Final = "properties.policySetDefinitionId"

_BUILT_IN: Final = "/providers/microsoft.authorization/policysetdefinitions"
HIPAA: Final = "a169a624-5599-4385-a696-c8d643089fab"
_SETS: Final = frozenset(
    f"{_BUILT_IN}/{each}" for each in (HIPAA, "e0d47b75-5d99-442a-9d60-07f2595ab095")
)
"""The built-in sets HITRUST/HIPAA and HITRUST CSF v11.3: https://github.com/Azure/azure-policy"""


@dataclass(frozen=True, slots=True)
class StandardAssignment:
    """An assignment of an accepted standard, and why it does not count ("" if it counts)."""

    assignment: Resource
    problem: str = ""


def by_policy(
    subscription: Resource, estate: Estate
) -> tuple[list[StandardAssignment], Unreadable | None]:
    """Yield the assignments of the set by Azure Policy, at the subscription or above; raise Unreadable.

    Whether they are enforced does not matter: the dashboard shows what is audited.
    """

    def shown(each: Resource) -> StandardAssignment | None:
        if not is_above(each, subscription) or not _is_wanted(id_at(each, DEFINITION), estate):
            return None
        if items_at(each, SELECTORS):
            return StandardAssignment(each, "selects only some resources")
        left_out = excluded(each, subscription, estate)
        return StandardAssignment(each, f"excludes {left_out}" if left_out else "")

    return _all(lambda: estate.extensions(subscription.id, ASSIGNMENTS), shown)


def by_standard(
    subscription: Resource, estate: Estate
) -> tuple[list[StandardAssignment], Unreadable | None]:
    """Yield the assignments of the standard in Defender for Cloud; raise Unreadable."""

    def shown(each: Resource) -> StandardAssignment | None:
        standard_id = reference_at(each, STANDARD)
        standard = estate.get(standard_id) if standard_id else None
        if standard is None:
            raise Unreadable(f"{each.id}#{STANDARD}", "the standard does not exist")
        if not _is_wanted(id_at(standard, POLICY_SET), estate):
            return None
        return StandardAssignment(each, _problem_of(each, subscription, estate))

    return _all(lambda: estate.extensions(subscription.id, STANDARD_ASSIGNMENTS), shown)


def _all(
    ask: Callable[[], tuple[Resource, ...]], shown: Callable[[Resource], StandardAssignment | None]
) -> tuple[list[StandardAssignment], Unreadable | None]:
    """Return the readable items, and why another is not readable."""
    items, doubt = listed(ask)
    found: list[StandardAssignment] = []
    for each in items:
        try:
            if one := shown(each):
                found.append(one)
        except Unreadable as error:
            doubt = doubt or error
    return found, doubt


def _is_wanted(set_id: str, estate: Estate) -> bool:
    return ids.key(set_id) in {*_SETS, *estate.baseline.compliance_sets}


def _problem_of(assignment: Resource, subscription: Resource, estate: Estate) -> str:
    effect, expires = assignment.word(EFFECT), assignment.get(EXPIRES)
    end = moment_of(expires)
    if end and end <= estate.now:
        return "has expired"
    if effect == "exempt":
        return "exempts this subscription"
    if end is None and expires is not MISSING:
        raise Unreadable(f"{assignment.id}#{EXPIRES}", "not a time")
    if effect != "audit":
        raise Unreadable(f"{assignment.id}#{EFFECT}", "not a known effect")
    left_out = excluded(assignment, subscription, estate, EXCLUDED)
    return f"excludes {left_out}" if left_out else ""
