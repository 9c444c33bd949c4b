"""Whether privileged roles of a subscription are held by approved principals only."""

from collections.abc import Sequence
from typing import Final

from detectors.role.grants import (
    ASSIGNMENTS,
    AUTHORIZATIONS,
    DELEGATION_TERMS,
    DELEGATIONS,
    ELIGIBILITIES,
    ELIGIBLE_AUTHORIZATIONS,
    MANAGED_BY,
    PRINCIPAL,
    PRINCIPAL_TYPE,
    ROLE,
    TERMS,
    Grant,
    grants_on,
)
from detectors.role.privileged_roles import ASSIGNING, OWNER, PERMISSIONS, ROLES
from drift import ids
from drift.estate import Estate
from drift.fixes import DeleteChild, Fix
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

CONDITION: Final = "properties.condition"

_NAMED: Final = 10
"""Assignments that a reason names; the rest are counted."""

CONTROL: Final = Control(
    id="ROLE-PRIVILEGED-ASSIGNMENT",
    title="Privileged roles of a subscription must be held by approved principals only",
    service="Azure roles",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.308(a)(4)(ii)(B)", "164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(A)"),
    why="Anyone who holds such a role can read all PHI in the subscription, or give others access "
    "to it.",
    fix="az role assignment delete --ids <role assignment id>",
    watches={
        ids.SUBSCRIPTION: (),
        ids.MANAGEMENT_GROUP: (),
        ASSIGNMENTS.lower(): (ROLE, PRINCIPAL, PRINCIPAL_TYPE, CONDITION),
        ELIGIBILITIES.lower(): (ROLE, PRINCIPAL),
        DELEGATIONS.lower(): (TERMS,),
        DELEGATION_TERMS.lower(): (AUTHORIZATIONS, ELIGIBLE_AUTHORIZATIONS, MANAGED_BY),
        ROLES: (PERMISSIONS,),
    },
    also_judges=(ids.MANAGEMENT_GROUP,),
    leaves_out="assignments of a resource group or a resource, and who is a member of a group. "
    "Whether a principal is a guest, or still exists, is not read",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who holds a privileged role at the subscription and above it, or can take one.

    A role counts if it is assigned, if Privileged Identity Management makes somebody eligible for
    it, or if Azure Lighthouse delegates it to another tenant. monitor.toml must approve its
    principal; if it approves nobody, each role fails. A tenant without the licence of Privileged
    Identity Management has nobody who is eligible.
    """
    held, doubt = grants_on(resource, estate)
    wrong = [each for each in held if not _is_approved(each, estate)]
    if wrong:
        return _failure(wrong, held, resource, estate)
    if doubt:
        raise doubt
    return Verdict(Outcome.PASS, _reason(held), _evidence(held, resource))


def _is_approved(grant: Grant, estate: Estate) -> bool:
    return grant.principal in estate.baseline.privileged_principals


def _reason(held: Sequence[Grant]) -> str:
    if not held:
        return "No privileged role is assigned at the subscription or above it."
    reason = "Privileged roles are held by approved principals only."
    free = sum(_may_assign(each) and each.source.get(CONDITION) is MISSING for each in held)
    advice = (
        f" {free} of them may assign any role to anyone: add a condition to the assignment to "
        "limit this."
    )
    return reason + (advice if free else "")


def _may_assign(grant: Grant) -> bool:
    return not grant.how and grant.role_id in ASSIGNING


def _failure(
    wrong: Sequence[Grant], held: Sequence[Grant], scope: Resource, estate: Estate
) -> Verdict:
    named = "; ".join(each.words for each in wrong[:_NAMED])
    more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    owned = any(
        not each.how and each.role_id == OWNER and _is_approved(each, estate) for each in held
    )
    assigned = [DeleteChild(each.source.id) for each in wrong if not each.how]
    notes = [_APPROVE]
    if assigned:
        notes.append(_KNOWN_OWNER if owned else _NO_OWNER)
    if len(assigned) < len(wrong):
        notes.append(_NO_COMMAND)
    return Verdict(
        Outcome.FAIL,
        f"Privileged roles are assigned to principals that are not approved: {named}{more}.",
        _evidence(wrong, scope),
        fix=Fix(tuple(assigned) if owned else (), " ".join(notes)),
    )


_APPROVE: Final = (
    "Add the object id of each principal that needs its role to approved.privileged_principals in "
    "monitor.toml."
)
_KNOWN_OWNER: Final = (
    "The command takes the role away from the others within minutes; at a management group in all "
    "of its subscriptions."
)
_NO_OWNER: Final = (
    "No approved principal is Owner, so no command is shown: it could take the subscription away "
    "from everybody."
)
_NO_COMMAND: Final = (
    "Remove an eligible role in the portal under Privileged Identity Management, Azure resources; "
    "end a delegation under Service providers, Delegations."
)


def _evidence(held: Sequence[Grant], of: Resource) -> tuple[Evidence, ...]:
    shown = {one.path: one for each in held for one in each.evidence(of)}
    return tuple(shown.values())
