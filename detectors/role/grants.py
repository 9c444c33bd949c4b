"""Who holds a privileged role on a scope: by an assignment, by being eligible, or by a delegation."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from detectors.evidence import evidence, listed
from detectors.role.privileged_roles import privileged_name
from drift import ids
from drift.arm.references import id_at, items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Evidence, Missing, Resource, dig

ASSIGNMENTS: Final = "Microsoft.Authorization/roleAssignments"
ELIGIBILITIES: Final = "Microsoft.Authorization/roleEligibilityScheduleInstances"
DELEGATIONS: Final = "Microsoft.ManagedServices/registrationAssignments"
DELEGATION_TERMS: Final = "Microsoft.ManagedServices/registrationDefinitions"

ROLE: Final = "properties.roleDefinitionId"
PRINCIPAL: Final = "properties.principalId"
PRINCIPAL_TYPE: Final = "properties.principalType"
TERMS: Final = "properties.registrationDefinitionId"
AUTHORIZATIONS: Final = "properties.authorizations"
ELIGIBLE_AUTHORIZATIONS: Final = "properties.eligibleAuthorizations"
MANAGED_BY: Final = "properties.managedByTenantId"

_BUILT_IN: Final = "/providers/Microsoft.Authorization/roleDefinitions"
"""The scope of a delegation's roles: a delegation can give only built-in roles."""

_NO_LICENCE: Final = "AadPremiumLicenseRequired"
"""The code of a refusal of Privileged Identity Management if nobody can be eligible: it needs Entra ID P2."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A privileged role that a principal holds or can take.

    ``holder`` names the principal in words; ``how`` is "" for an assignment; ``role_id`` is the
    GUID of the role. ``paths`` name the properties of ``source`` that show the grant.
    """

    source: Resource
    role: str
    role_id: str
    principal: str
    holder: str
    paths: tuple[str, ...]
    how: str = ""

    @property
    def scope(self) -> str:
        """Return the id of the scope, "" for the root of the tenant."""
        return _scope_of(self.source)

    @property
    def words(self) -> str:
        """Return who has which role, and where."""
        where = ids.last_pair_of(self.source.id[: len(self.scope)]) if self.scope else ""
        named = f"{self.role} to {self.holder} at {where or 'the root of the tenant'}"
        return f"{named} ({self.how})" if self.how else named

    def evidence(self, of: Resource) -> tuple[Evidence, ...]:
        """Return the properties that show the grant, for the evaluated resource."""
        return tuple(evidence(self.source, path, of=of) for path in self.paths)


def grants_on(scope: Resource, estate: Estate) -> tuple[tuple[Grant, ...], Unreadable | None]:
    """Return the privileged grants on a scope and above it, and why some of them are not known.

    Azure Lighthouse delegates subscriptions and resource groups, no management groups.
    https://learn.microsoft.com/azure/lighthouse/concepts/architecture
    """
    read: dict[str, Callable[[Resource, Estate], Iterable[Grant]]] = {
        ASSIGNMENTS: _assigned,
        ELIGIBILITIES: _eligible,
    }
    if ids.type_of(scope.id) == ids.SUBSCRIPTION:
        read[DELEGATIONS] = _delegated
    found: list[Grant] = []
    doubt: Unreadable | None = None
    for kind, grants in read.items():
        shown, refused = _listed(scope, kind, estate)
        doubt = doubt or refused
        for each in shown:
            try:
                found += grants(each, estate)
            except Unreadable as error:
                doubt = doubt or error
    return tuple(found), doubt


def _listed(
    scope: Resource, kind: str, estate: Estate
) -> tuple[tuple[Resource, ...], Unreadable | None]:
    found, doubt = listed(lambda: estate.extensions(scope.id, kind))
    if kind == ELIGIBILITIES and doubt and _NO_LICENCE in doubt.why:
        doubt = None
    below = f"{ids.key(scope.id)}/"
    return tuple(each for each in found if not _scope_of(each).startswith(below)), doubt


def _scope_of(extension: Resource) -> str:
    return ids.key(extension.id).rpartition("/providers/")[0]


def _assigned(assignment: Resource, estate: Estate) -> list[Grant]:
    return _held(assignment, estate, "")


def _eligible(instance: Resource, estate: Estate) -> list[Grant]:
    return _held(instance, estate, "eligible in Privileged Identity Management")


def _held(source: Resource, estate: Estate, how: str) -> list[Grant]:
    """Return the role of an assignment or an eligibility where it is privileged; raise Unreadable."""
    role_id = id_at(source, ROLE)
    if not role_id:
        raise Unreadable(f"{source.id}#{ROLE}", "absent")
    role = privileged_name(role_id, estate)
    if not role:
        return []
    principal = source.word(PRINCIPAL)
    if isinstance(principal, Missing):
        raise Unreadable(f"{source.id}#{PRINCIPAL}", "absent")
    kind = source.shown(PRINCIPAL_TYPE)
    holder = f"{kind} {principal}" if isinstance(kind, str) else principal
    guid = ids.name_of(role_id).lower()
    return [Grant(source, role, guid, principal, holder, (ROLE, PRINCIPAL), how)]


def _delegated(delegation: Resource, estate: Estate) -> Iterator[Grant]:
    """Yield the privileged roles that a delegation gives to people of another tenant; raise Unreadable."""
    terms_id = id_at(delegation, TERMS)
    terms = estate.get(terms_id) if terms_id else None
    if terms is None:
        raise Unreadable(
            terms_id or f"{delegation.id}#{TERMS}", "the terms of a delegation are absent"
        )
    if not items_at(terms, AUTHORIZATIONS) and not items_at(terms, ELIGIBLE_AUTHORIZATIONS):
        raise Unreadable(f"{terms.id}#{AUTHORIZATIONS}", "absent")
    for path, how in (
        (AUTHORIZATIONS, "delegated by Azure Lighthouse"),
        (ELIGIBLE_AUTHORIZATIONS, "eligible by a delegation of Azure Lighthouse"),
    ):
        for each in items_at(terms, path):
            role_id, principal = _authorized(each, f"{terms.id}#{path}")
            if role := privileged_name(role_id, estate):
                guid = ids.name_of(role_id)
                holder = f"{principal} of the tenant {_managing_tenant(terms)}"
                yield Grant(terms, role, guid, principal, holder, (MANAGED_BY, path), how)


def _authorized(authorization: Any, where: str) -> tuple[str, str]:
    """Return the id of the role and the principal of an authorization; raise Unreadable."""
    role, principal = dig(authorization, "roleDefinitionId"), dig(authorization, "principalId")
    if not isinstance(role, str) or not isinstance(principal, str):
        raise Unreadable(where, "an authorization names no role or no principal")
    return f"{_BUILT_IN}/{ids.name_of(role).lower()}", principal.lower()


def _managing_tenant(terms: Resource) -> str:
    tenant = terms.shown(MANAGED_BY)
    return tenant if isinstance(tenant, str) else "(unknown)"
