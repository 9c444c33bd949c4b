"""Whether everybody must use MFA for the applications through which people reach PHI."""

from functools import partial
from typing import Final

from detectors.ca.coverage import (
    DEFAULTS_ENABLED,
    coverage_of,
    named,
    policies_of,
    security_defaults_words,
)
from detectors.ca.failure import PolicyGap, distinct, failure, shown
from detectors.ca.fixes import Demand
from detectors.ca.groups import VISIBILITY
from detectors.ca.policies import ALL, CONDITIONS, GRANT, NOBODY, SATISFIED, STATE, Policy
from drift import ids
from drift.arm import graph
from drift.entra import directory_roles
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Control, Outcome, Resource, Severity, Verdict

_SUITES: Final = frozenset({"office365", "microsoftadminportals"})
"""Keywords that stand for many applications of Microsoft, such as SharePoint and Exchange."""

CONTROL: Final = Control(
    id="CA-PHI-APPS-MFA",
    title="Applications with PHI must require multifactor authentication",
    service="Microsoft Entra ID",
    severity=Severity.CRITICAL,
    otherwise=Severity.HIGH,
    hipaa=("164.312(d)", "164.312(a)(1)"),
    why="One stolen password opens the records that the application shows.",
    fix="az rest --method POST --url https://graph.microsoft.com/v1.0/identity/conditionalAccess/"
    "policies --body <policy>",
    watches={
        ids.TENANT: (),
        graph.POLICIES.lower(): (STATE, CONDITIONS, GRANT),
        graph.STRENGTHS.lower(): (SATISFIED,),
        graph.SINGLE_POLICIES.lower(): (DEFAULTS_ENABLED,),
        graph.GROUPS.lower(): (VISIBILITY,),
        f"{graph.GROUPS}/{graph.MEMBERS}".lower(): ("properties.id",),
    },
    leaves_out="whether an application exists in the tenant, and who is assigned to it: a policy "
    "for some groups leaves the verdict unknown; MFA that the application itself requires",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each application in ``phi.applications`` of monitor.toml by the enforced policies.

    Security defaults require MFA of users in some cases only, so they are not enough.
    """
    applications = estate.baseline.phi_applications
    if not applications:
        return Verdict(
            Outcome.NOT_APPLICABLE,
            "monitor.toml names no application through which people reach PHI (phi.applications).",
        )
    policies = policies_of(resource, estate)
    covered = {each: coverage_of(policies, partial(_fit, each), estate) for each in applications}
    uncovered = {name: each for name, each in covered.items() if not each.is_complete}
    if uncovered:
        names = ", ".join(sorted(uncovered))
        gap = PolicyGap(
            f"No policy requires MFA from everyone for these applications: {names}."
            f"{security_defaults_words(policies, resource, estate)}",
            list(uncovered.values()),
            Demand(
                "PHI: MFA for applications", {"includeUsers": ["All"]}, tuple(sorted(uncovered))
            ),
            guests=Severity.MEDIUM,
        )
        return failure(gap, resource, estate)
    by = distinct(policy for each in covered.values() for policy in each.by)
    reason = f"Applications with PHI require MFA by {named(by)}."
    return Verdict(Outcome.PASS, reason, shown(by, resource))


def _fit(application: str, policy: Policy) -> str | None:
    """Say why a policy does not protect an application, "" if it does, None if it does not apply to it.

    Raise Unreadable if that is not known.
    """
    if application in policy.excluded_applications:
        return "excludes the application"
    if policy.has_application_filter:
        raise _doubt(policy, "applications.applicationFilter", "filters are not evaluated")
    if ALL not in policy.applications and application not in policy.applications:
        return None
    if policy.problem:
        return policy.problem
    if ALL not in policy.users:
        return _part_of_the_users(policy)
    if policy.excluded_roles - directory_roles.SYNCHRONIZATION:
        return "excludes people with some directory roles"
    if policy.excluded_applications & _SUITES:
        raise _doubt(
            policy, "applications.excludeApplications", "the applications of a suite are not known"
        )
    return ""


def _part_of_the_users(policy: Policy) -> str:
    """Say that a policy applies to some people only; raise Unreadable if these may be all users."""
    if policy.groups:
        raise _doubt(
            policy, "users.includeGroups", "it is not known whether the groups contain all users"
        )
    return (
        "applies to nobody" if policy.users == {NOBODY} else "applies to some users or roles only"
    )


def _doubt(policy: Policy, path: str, why: str) -> Unreadable:
    return Unreadable(f"{policy.resource.id}#{CONDITIONS}.{path}", why)
