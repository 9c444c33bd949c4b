"""Whether a policy assignment is enforced on a whole subscription, or what it excludes."""

from typing import Any, Final

from detectors.policy.assignments import admits
from drift import ids
from drift.arm.references import items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, dig, word_of

ENFORCEMENT: Final = "properties.enforcementMode"
NOT_SCOPES: Final = "properties.notScopes"
SELECTORS: Final = "properties.resourceSelectors"

_SUFFIX: Final = "/providers/microsoft.authorization/policyassignments/"


def scope_of(assignment: Resource) -> str:
    """Return the scope of an assignment, by ``ids.key``."""
    return ids.key(assignment.id).rpartition(_SUFFIX)[0]


def is_above(assignment: Resource, subscription: Resource) -> bool:
    """Tell whether an assignment is at a subscription or above it, and not below."""
    scope, own = scope_of(assignment), ids.key(subscription.id)
    return scope == own or not scope.startswith(f"{own}/")


def is_enforced(assignment: Resource) -> bool:
    """Tell whether an assignment is enforced; raise Unreadable for a mode that is not understood.

    The mode ``Enroll`` is not documented: whether it enforces is unknown.
    """
    mode = assignment.word(ENFORCEMENT)
    if mode in {MISSING, "default"}:
        return True
    if mode == "donotenforce":
        return False
    raise Unreadable(f"{assignment.id}#{ENFORCEMENT}", "not a known mode")


def excluded(
    assignment: Resource, subscription: Resource, estate: Estate, path: str = NOT_SCOPES
) -> str:
    """Return the excluded scopes with PHI, "" for none; raise Unreadable.

    The excluded scopes are listed at ``path``.
    """
    own = ids.key(subscription.id)
    for each in items_at(assignment, path):
        if not isinstance(each, str) or not ids.is_id(each):
            raise Unreadable(f"{assignment.id}#{path}", "an item is not an id")
        if ids.key(each) == own:
            return "this subscription" if ids.subscription_of(own) else "this management group"
        if not ids.subscription_of(each):
            raise Unreadable(each, "whether it concerns this scope is not known")
        if not ids.subscription_of(own):
            raise Unreadable(
                each, "whether it holds PHI, and is in the management group, is not known"
            )
        if ids.key(each).startswith(f"{own}/") and _holds_phi(each, estate):
            return f"{ids.last_pair_of(each)}, which holds PHI"
    return ""


def excluded_without_phi(assignment: Resource, subscription: Resource) -> tuple[str, ...]:
    """Return the excluded parts of a subscription, if ``excluded`` found no PHI."""
    own = ids.key(subscription.id)
    scopes = (str(each) for each in items_at(assignment, NOT_SCOPES))
    return tuple(ids.last_pair_of(each) for each in scopes if ids.key(each).startswith(f"{own}/"))


def _holds_phi(scope: str, estate: Estate) -> bool:
    """Tell whether an excluded group has a PHI tag; raise Unreadable where that is not known."""
    if ids.type_of(scope) not in (ids.GROUP, ids.SUBSCRIPTION):
        found = estate.get(scope)
        holds = False if found is None else estate.holds_phi(found)
        if holds is None:
            raise Unreadable(scope, "whether it holds PHI cannot be read")
        return holds
    name = f"{ids.group_of(scope) or scope}/providers/Microsoft.Resources/tags/default"
    holds = estate.holds_phi(Resource(name, ids.type_of(name), {}))
    if holds is None:
        raise Unreadable(scope, "whether it holds PHI cannot be read")
    return holds


def selects(assignment: Resource, kinds: frozenset[str]) -> bool:
    """Tell whether an assignment applies to all resources of these types; raise Unreadable.

    It applies if one of its resource selectors matches in all its parts.
    """
    selectors = items_at(assignment, SELECTORS)
    return not selectors or any(_matches(each, kinds) for each in selectors)


def _matches(selector: Any, kinds: frozenset[str]) -> bool:
    parts = items_at(selector, "selectors")
    if not parts:
        raise Unreadable(SELECTORS, "one of them selects nothing")
    return all(_admits_all(each, kinds) for each in parts)


def _admits_all(part: Any, kinds: frozenset[str]) -> bool:
    kind = word_of(dig(part, "kind"), SELECTORS)
    if kind == "resourcetype":
        admitted = {admits(part, each) for each in kinds}
        if len(admitted) > 1:
            raise Unreadable(SELECTORS, f"only some of {', '.join(sorted(kinds))} are selected")
        return admitted == {True}
    if kind in {
        "resourcelocation",
        "resourcewithoutlocation",
        "userprincipalid",
        "groupprincipalid",
    }:
        return False
    raise Unreadable(SELECTORS, "not a known kind of selector")
