"""Whether privileged roles of a subscription are assigned to approved principals only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detectors.evidence import evidence, listed
from detectors.role.privileged_roles import ASSIGNING, OWNER, PERMISSIONS, ROLES, privileged_name
from drift import ids
from drift.arm.references import id_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import DeleteChild, Fix
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

ASSIGNMENTS: Final = "Microsoft.Authorization/roleAssignments"
ROLE: Final = "properties.roleDefinitionId"
PRINCIPAL: Final = "properties.principalId"
PRINCIPAL_TYPE: Final = "properties.principalType"
CONDITION: Final = "properties.condition"
_SUFFIX: Final = "/providers/microsoft.authorization/roleassignments/"

_NAMED: Final = 10
"""Assignments that a reason names; the rest are counted."""

CONTROL: Final = Control(
    id="ROLE-PRIVILEGED-ASSIGNMENT",
    title="Privileged roles of a subscription must be assigned to approved principals only",
    service="Azure roles",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.308(a)(4)(ii)(B)", "164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(A)"),
    why="Who holds such a role reads all PHI in the subscription, or gives the access to others.",
    fix="az role assignment delete --ids <role assignment id>",
    watches={
        ids.SUBSCRIPTION: (),
        ASSIGNMENTS.lower(): (ROLE, PRINCIPAL, PRINCIPAL_TYPE, CONDITION),
        ROLES: (PERMISSIONS,),
    },
    leaves_out="assignments of a resource group or a resource, roles that Privileged Identity "
    "Management makes somebody eligible for, and who is a member of a group. Whether a principal is "
    "a guest, or still exists, is not read",
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A privileged role that a principal holds."""

    assignment: Resource
    role: str
    principal: str
    approved: bool

    @property
    def words(self) -> str:
        """Return who holds which role, and where."""
        kind = self.assignment.shown(PRINCIPAL_TYPE)
        named = f"{kind} {self.principal}" if isinstance(kind, str) else self.principal
        scope = self.assignment.id[: len(_scope_of(self.assignment))]
        where = ids.last_pair_of(scope) if scope else "the root of the tenant"
        return f"{self.role} to {named} at {where}"


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the role assignments at the subscription and above it.

    A privileged role must be held by a principal that monitor.toml approves; where it approves
    nobody, each privileged assignment fails.
    """
    found, doubt = listed(lambda: estate.extensions(resource.id, ASSIGNMENTS))
    held: list[_Held] = []
    for each in found:
        if _scope_of(each).startswith(f"{ids.key(resource.id)}/"):
            continue
        try:
            held += _held(each, estate)
        except Unreadable as error:
            doubt = doubt or error
    wrong = [each for each in held if not each.approved]
    if wrong:
        return _failure(wrong, held, resource)
    if doubt:
        raise doubt
    return Verdict(Outcome.PASS, _reason(held), _evidence(held, resource))


def _held(assignment: Resource, estate: Estate) -> list[_Held]:
    """Return the role of an assignment where it is privileged; raise Unreadable."""
    role_id = id_at(assignment, ROLE)
    if not role_id:
        raise Unreadable(f"{assignment.id}#{ROLE}", "absent")
    role = privileged_name(role_id, estate)
    if not role:
        return []
    principal = assignment.word(PRINCIPAL)
    if not isinstance(principal, str):
        raise Unreadable(f"{assignment.id}#{PRINCIPAL}", "absent")
    approved = principal in estate.baseline.privileged_principals
    return [_Held(assignment, role, principal, approved)]


def _reason(held: Sequence[_Held]) -> str:
    if not held:
        return "No privileged role is assigned at the subscription or above it."
    reason = "Privileged roles are held by approved principals only."
    free = sum(_may_assign(each) and each.assignment.get(CONDITION) is MISSING for each in held)
    advice = f" {free} of them may assign any role to anybody: an assignment can have a condition."
    return reason + (advice if free else "")


def _may_assign(held: _Held) -> bool:
    return _role_of(held) in ASSIGNING


def _role_of(held: _Held) -> str:
    return ids.name_of(id_at(held.assignment, ROLE)).lower()


def _failure(wrong: Sequence[_Held], held: Sequence[_Held], subscription: Resource) -> Verdict:
    named = "; ".join(each.words for each in wrong[:_NAMED])
    more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    owned = any(each.approved and _role_of(each) == OWNER for each in held)
    return Verdict(
        Outcome.FAIL,
        f"Privileged roles are assigned to principals that are not approved: {named}{more}.",
        _evidence(wrong, subscription),
        fix=Fix(
            tuple(DeleteChild(each.assignment.id) for each in wrong) if owned else (),
            _KNOWN_OWNER if owned else _NO_OWNER,
        ),
    )


_APPROVE: Final = (
    "Add the object id of each principal that needs its role to approved.privileged_principals in "
    "monitor.toml."
)
_KNOWN_OWNER: Final = (
    f"{_APPROVE} The command takes the role away from the others within minutes; at a management "
    "group in all of its subscriptions."
)
_NO_OWNER: Final = (
    f"{_APPROVE} No approved principal is Owner, so no command is shown: it could take the "
    "subscription away from everybody."
)


def _scope_of(assignment: Resource) -> str:
    return ids.key(assignment.id).rpartition(_SUFFIX)[0]


def _evidence(held: Sequence[_Held], of: Resource) -> tuple[Evidence, ...]:
    paths = (ROLE, PRINCIPAL)
    return tuple(evidence(each.assignment, path, of=of) for each in held for path in paths)
