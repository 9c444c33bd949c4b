"""Which of a tenant's policies require MFA for a target: an administrative role, or an application."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.ca.groups import accounts_in
from detectors.ca.policies import GUESTS, Policy, is_enforced, policy_of
from detectors.evidence import listed
from drift import ids
from drift.arm import graph
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource

DEFAULTS_ENABLED: Final = "properties.isEnabled"
_NAMED: Final = 5
"""Policies that a reason names; a tenant may have hundreds."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of a tenant that are not off.

    ``doubt`` says why some of them are not known: then it is not proven that a target is uncovered.
    """

    known: tuple[Policy, ...]
    doubt: Unreadable | None
    has_enforced: bool


@dataclass(frozen=True, slots=True)
class PolicyMatch:
    """A policy that applies to a target; ``problem`` says why it does not protect it, "" if it does.

    ``left_out`` are the excluded accounts that nobody approved.
    """

    policy: Policy
    problem: str
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether the policies protect a target, and why not.

    ``by`` are the policies that do. ``left_out`` are the accounts that all enforced policies
    exclude. ``would`` are the report-only policies that would protect it. ``near`` are the other
    policies that apply to it.
    """

    by: tuple[Policy, ...] = ()
    left_out: frozenset[str] = frozenset()
    excluding: tuple[Policy, ...] = ()
    would: tuple[Policy, ...] = ()
    near: tuple[PolicyMatch, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Tell whether every account that reaches the target must use MFA."""
        return bool(self.by)


Fit = Callable[[Policy], str | None]
"""For a policy that requires MFA: None if it does not apply here, or why it does not protect the target."""


def policies_of(tenant: Resource, estate: Estate) -> Policies:
    """Return the policies of a tenant; a policy that is not understood is a doubt, not an error."""
    found, doubt = listed(lambda: estate.children(tenant.id, f"providers/{graph.POLICIES}"))
    known: list[Policy] = []
    has_enforced = False
    for each in found:
        try:
            has_enforced = has_enforced or is_enforced(each)
            if policy := policy_of(each, estate):
                known.append(policy)
        except Unreadable as error:
            doubt = doubt or error
    return Policies(tuple(known), doubt, has_enforced)


def has_security_defaults(tenant: Resource, estate: Estate) -> Resource | None:
    """Return the security defaults where they are on, None where they are off; raise Unreadable.

    They cannot be on beside a policy that is enforced.
    https://learn.microsoft.com/entra/fundamentals/security-defaults
    """
    found = estate.get(graph.in_tenant(tenant.id, graph.SECURITY_DEFAULTS))
    if found is None:
        return None
    enabled = found.flag(DEFAULTS_ENABLED)
    if enabled is MISSING:
        raise Unreadable(f"{found.id}#{DEFAULTS_ENABLED}", "absent")
    return found if enabled else None


def security_defaults_words(policies: Policies, tenant: Resource, estate: Estate) -> str:
    """Say what security defaults do if no policy is enforced, "" if that is not known.

    If they are on, they always require MFA of administrators, but only in some cases of others.
    """
    if policies.has_enforced or policies.doubt:
        return ""
    try:
        is_on = has_security_defaults(tenant, estate)
    except Unreadable:
        return " Whether security defaults are on cannot be read."
    return _DEFAULTS_ON if is_on else " Security defaults are off."


_DEFAULTS_ON: Final = " Security defaults are on: they require MFA of users in some cases only."


def coverage_of(policies: Policies, fit: Fit, estate: Estate) -> Coverage:
    """Return how the policies protect a target; raise Unreadable where that is not known.

    Every policy that applies to a sign-in must be satisfied. So one policy is enough, and an
    account is uncovered only if all policies exclude it.
    """
    matches, doubt = _matches(policies, fit, estate)
    enforced = [each for each in matches if not each.problem and not each.policy.is_report_only]
    would = tuple(
        each.policy
        for each in matches
        if not each.problem and each.policy.is_report_only and not each.left_out
    )
    near = tuple(each for each in matches if each.problem)
    left_out = _left_out_by_all(enforced)
    if enforced and not left_out:
        return Coverage(by=tuple(each.policy for each in enforced))
    if doubt := policies.doubt or doubt:
        raise doubt
    excluding = tuple(each.policy for each in enforced)
    return Coverage(left_out=left_out, excluding=excluding, would=would, near=near)


def _matches(
    policies: Policies, fit: Fit, estate: Estate
) -> tuple[list[PolicyMatch], Unreadable | None]:
    found, doubt = list[PolicyMatch](), None
    for each in policies.known:
        try:
            problem = fit(each)
            if problem is not None:
                problem = each.problem or problem
                left_out = frozenset[str]() if problem else unapproved(each, estate)
                found.append(PolicyMatch(each, problem, left_out))
        except Unreadable as error:
            doubt = doubt or error
    return found, doubt


def _left_out_by_all(enforced: Sequence[PolicyMatch]) -> frozenset[str]:
    """Return the accounts that all of these exclude; a guest may be any account."""
    sets = [each.left_out for each in enforced]
    if not sets or not all(sets):
        return frozenset()
    common = frozenset.intersection(*sets)
    some_guests = frozenset({GUESTS}) if any(GUESTS in each for each in sets) else frozenset()
    return common or some_guests


def unapproved(policy: Policy, estate: Estate) -> frozenset[str]:
    """Return the accounts that a policy excludes beyond those that monitor.toml approves.

    The members of excluded groups are read. Raise Unreadable.
    """
    baseline = estate.baseline
    approved = {*baseline.break_glass_accounts, *baseline.mfa_exempt_accounts}
    found = set(policy.excluded_users - approved)
    for group in sorted(policy.excluded_groups):
        whole = graph.in_tenant(policy.resource.id, f"{graph.GROUPS}/{group}")
        found |= {*accounts_in(whole, estate)} - approved
    return frozenset(found)


def named(policies: Iterable[Policy]) -> str:
    """Return the names of policies in one phrase."""
    names = sorted({each.name for each in policies})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def shortcomings(coverages: Iterable[Coverage]) -> list[str]:
    """Return a sentence for each policy that applies to one of these targets but does not protect it."""
    found: dict[str, str] = {}
    for coverage in coverages:
        for each in coverage.near:
            found.setdefault(
                ids.key(each.policy.resource.id), f"{each.policy.name} {each.problem}."
            )
    more = (
        [f"{len(found) - _NAMED} more policies do not require it either."]
        if len(found) > _NAMED
        else []
    )
    return [*list(found.values())[:_NAMED], *more]
