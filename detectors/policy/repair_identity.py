"""Whether the identity of a policy assignment can repair: it has the roles that the definition names."""

import uuid
from collections.abc import Mapping
from typing import Final

from detectors.policy.assignments import RULE, existing
from detectors.policy.repairs import Problem, Repair
from detectors.role.privileged_roles import OWNER
from drift import ids
from drift.arm.references import id_at, items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import PutChild
from drift.model import MISSING, Resource, dig, word_of

ROLE_ASSIGNMENTS: Final = "Microsoft.Authorization/roleAssignments"
ROLE: Final = "properties.roleDefinitionId"
PRINCIPAL: Final = "properties.principalId"
IDENTITY: Final = "identity"
KIND: Final = "identity.type"

_ROLES: Final = "then.details.roleDefinitionIds"
_SUFFIX: Final = f"/providers/{ROLE_ASSIGNMENTS.lower()}/"


def identity_problem(repair: Repair, subscription: Resource, estate: Estate) -> Problem | None:
    """Return why the identity cannot repair, None if it can; raise Unreadable.

    Owner includes every role. A role must be assigned at the subscription or above it.
    """
    principals = _principals(repair.assignment)
    if not principals:
        return Problem(f"The policy assignment {repair.name} has no identity", lasting=True)
    needed = _needed(existing(repair.part.definition, estate))
    held = _held(principals, subscription, estate)
    missing = sorted(needed - held) if OWNER not in held else []
    if not missing:
        return None
    roles = "role" if len(missing) == 1 else "roles"
    return Problem(
        f"The identity of the policy assignment {repair.name} lacks the {roles} {', '.join(missing)}",
        tuple(_assigned(each, min(principals), subscription) for each in missing),
        lasting=True,
    )


def _principals(assignment: Resource) -> frozenset[str]:
    """Return the object ids (lower case) of an assignment's identity, none where it has none."""
    kind = assignment.word(KIND)
    if kind == "systemassigned":
        found = [assignment.get(f"{IDENTITY}.principalId")]
    elif kind == "userassigned":
        users = assignment.get(f"{IDENTITY}.userAssignedIdentities")
        values = users.values() if isinstance(users, Mapping) else ()
        found = [dig(each, "principalId") for each in values] or [MISSING]
    elif kind == "none" or assignment.get(IDENTITY) is MISSING:
        return frozenset()
    else:
        raise Unreadable(f"{assignment.id}#{KIND}", "not a known kind of identity")
    if not all(isinstance(each, str) and each for each in found):
        raise Unreadable(f"{assignment.id}#{IDENTITY}", "it shows no principalId")
    return frozenset(each.lower() for each in found)


def _needed(definition: Resource) -> frozenset[str]:
    """Return the roles that a definition names, by the last segment of their ids in lower case."""
    roles = items_at(definition.get(RULE), _ROLES)
    if not roles or not all(isinstance(each, str) and ids.name_of(each) for each in roles):
        raise Unreadable(f"{definition.id}#{RULE}.{_ROLES}", "it names no roles")
    return frozenset(ids.name_of(each).lower() for each in roles)


def _held(principals: frozenset[str], subscription: Resource, estate: Estate) -> frozenset[str]:
    """Return the roles that principals hold at a subscription or above it; raise Unreadable."""
    own, held = ids.key(subscription.id), set()
    for each in estate.extensions(subscription.id, ROLE_ASSIGNMENTS):
        if ids.key(each.id).rpartition(_SUFFIX)[0].startswith(f"{own}/"):
            continue
        principal, role = word_of(each.get(PRINCIPAL), PRINCIPAL), id_at(each, ROLE)
        if principal is MISSING or not role:
            raise Unreadable(f"{each.id}#{PRINCIPAL}", "who holds which role is not shown")
        if principal in principals:
            held.add(ids.name_of(role).lower())
    return frozenset(held)


def _assigned(role: str, principal: str, subscription: Resource) -> PutChild:
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{ids.key(subscription.id)}/{principal}/{role}")
    roles = f"{subscription.id}/providers/Microsoft.Authorization/roleDefinitions"
    return PutChild(
        f"{subscription.id}/providers/{ROLE_ASSIGNMENTS}/{name}",
        {
            "properties": {
                "roleDefinitionId": f"{roles}/{role}",
                "principalId": principal,
                "principalType": "ServicePrincipal",
            }
        },
    )
