"""Whether everybody with an administrative directory role must sign in with MFA."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from detectors.ca.coverage import (
    DEFAULTS_ENABLED,
    Coverage,
    Policies,
    coverage_of,
    has_security_defaults,
    named,
    policies_of,
    security_defaults_words,
)
from detectors.ca.failure import PolicyGap, distinct, failure, shown
from detectors.ca.fixes import Demand
from detectors.ca.groups import VISIBILITY
from detectors.ca.policies import ALL, CONDITIONS, GRANT, SATISFIED, STATE, Policy
from detectors.evidence import evidence
from detectors.tenant_roles import ROLE, roles_in_use
from drift import ids
from drift.arm import graph
from drift.entra import directory_roles
from drift.estate import Estate
from drift.model import Control, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="CA-ADMIN-MFA",
    title="Administrators must sign in with multifactor authentication",
    service="Microsoft Entra ID",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(d)", "164.312(a)(1)", "164.308(a)(5)(ii)(D)"),
    why="One stolen password of an administrator opens every resource with PHI.",
    fix="az rest --method PATCH --url https://graph.microsoft.com/v1.0/identity/conditionalAccess/"
    "policies/<id> --body <state>",
    watches={
        ids.TENANT: (),
        graph.POLICIES.lower(): (STATE, CONDITIONS, GRANT),
        graph.STRENGTHS.lower(): (SATISFIED,),
        graph.SINGLE_POLICIES.lower(): (DEFAULTS_ENABLED,),
        graph.ASSIGNMENTS.lower(): (ROLE,),
        graph.ELIGIBILITIES.lower(): (ROLE,),
        graph.GROUPS.lower(): (VISIBILITY,),
        f"{graph.GROUPS}/{graph.MEMBERS}".lower(): ("properties.id",),
    },
    leaves_out="custom roles and roles that are assigned for an administrative unit, where "
    "conditional access is not enforced; applications and managed identities with a role; MFA that "
    "is set for each user or required by PIM",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each administrative role by the policies that are enforced.

    The roles in ``controls.administrative_roles`` of monitor.toml always count, the other roles
    with Microsoft's label PRIVILEGED where somebody has or is eligible for them. Security defaults
    require MFA for all administrators, and then no policy can be enforced. A tenant without a P1
    licence shows no policies: without security defaults nothing requires MFA there, so the control
    fails too.
    """
    policies = policies_of(resource, estate)
    if not policies.has_enforced and not policies.doubt:
        defaults = has_security_defaults(resource, estate)
        if defaults:
            proof = (evidence(defaults, DEFAULTS_ENABLED, "true", of=resource),)
            return Verdict(Outcome.PASS, "Security defaults require MFA for administrators.", proof)
    required = _covered(estate.baseline.administrative_roles, policies, estate)
    uncovered = {role: each for role, each in required.items() if not each.is_complete}
    if uncovered:
        return _failure(uncovered, policies, resource, estate)
    others = directory_roles.PRIVILEGED.keys() - required.keys()
    assigned = _assigned_uncovered(sorted(others), policies, resource, estate)
    if assigned:
        return _failure(assigned, policies, resource, estate)
    by = distinct(policy for each in required.values() for policy in each.by)
    reason = f"Administrators must use MFA by {named(by)}."
    return Verdict(Outcome.PASS, reason, shown(by, resource))


def _covered(roles: Iterable[str], policies: Policies, estate: Estate) -> dict[str, Coverage]:
    return {
        each.lower(): coverage_of(policies, partial(_fit, each.lower()), estate) for each in roles
    }


def _assigned_uncovered(
    roles: Iterable[str], policies: Policies, tenant: Resource, estate: Estate
) -> dict[str, Coverage]:
    """Return the roles that are not covered and that somebody has or is eligible for; raise Unreadable.

    Assignments are read only where that decides.
    """
    covered = _covered(roles, policies, estate)
    uncovered = {role: each for role, each in covered.items() if not each.is_complete}
    if not uncovered:
        return {}
    in_use, unread = roles_in_use(tenant, estate)
    found = {role: each for role, each in uncovered.items() if role in in_use}
    if unread and not found:
        raise unread
    return found


def _fit(role: str, policy: Policy) -> str | None:
    """Say why a policy does not protect a role, "" if it does, None if it does not apply to it."""
    if ALL not in policy.users and role not in policy.roles:
        return None
    if role in policy.excluded_roles:
        return f"excludes the role {directory_roles.role_name(role)}"
    if others := policy.excluded_roles - directory_roles.SYNCHRONIZATION:
        names = ", ".join(sorted(directory_roles.role_name(each) for each in others))
        return f"excludes people who also have another role: {names}"
    if ALL not in policy.applications:
        return "does not apply to all applications"
    if policy.excluded_applications or policy.has_application_filter:
        return "excludes some applications"
    return ""


def _failure(
    uncovered: Mapping[str, Coverage], policies: Policies, tenant: Resource, estate: Estate
) -> Verdict:
    names = ", ".join(sorted(directory_roles.role_name(each) for each in uncovered))
    gap = PolicyGap(
        f"No policy requires MFA for everyone with these roles: {names}."
        f"{security_defaults_words(policies, tenant, estate)}",
        list(uncovered.values()),
        Demand("PHI: MFA for administrators", {"includeRoles": sorted(uncovered)}, ("All",)),
    )
    return failure(gap, tenant, estate)
