"""Which directory roles of a tenant somebody has, or can take."""

from functools import partial
from typing import Final

from detectors.evidence import listed
from drift.arm import graph
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Missing, Resource

ROLE: Final = "properties.roleDefinitionId"

_NO_LICENCE: Final = "AadPremiumLicenseRequired"
"""The code of a refusal by Graph if nobody can be eligible: that needs Entra ID P2 or Governance."""


def roles_in_use(tenant: Resource, estate: Estate) -> tuple[frozenset[str], Unreadable | None]:
    """Return the roles that are assigned or that somebody is eligible for, and why some are not known.

    https://learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityscheduleinstances
    """
    found = set[str]()
    doubt: Unreadable | None = None
    for kind in (graph.ASSIGNMENTS, graph.ELIGIBILITIES):
        shown, refused = listed(partial(estate.children, tenant.id, f"providers/{kind}"))
        if not (kind == graph.ELIGIBILITIES and refused and _NO_LICENCE in refused.why):
            doubt = doubt or refused
        for each in shown:
            try:
                found.add(_role_of(each))
            except Unreadable as error:
                doubt = doubt or error
    return frozenset(found), doubt


def _role_of(grant: Resource) -> str:
    role = grant.word(ROLE)
    if isinstance(role, Missing):
        raise Unreadable(f"{grant.id}#{ROLE}", "absent")
    return role
