"""The repairs that make conditional access demand MFA."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from detectors.ca.policies import STATE, Policy
from drift.arm import graph
from drift.estate import Estate
from drift.fixes import Fix, PutChild, SetProperty
from drift.model import Resource

_NAME: Final = "phi-mfa"

_RISK: Final = (
    "Sign in with an emergency access account first: a policy that is enforced locks out everybody "
    "who cannot use MFA. Open sessions continue until their token expires. Outside the public "
    "cloud, use the Microsoft Graph host of your cloud."
)


def enforce(policy: Policy) -> Fix:
    """Return the repair that enforces a report-only policy."""
    return Fix((SetProperty(policy.resource.id, STATE, "enabled"),), _RISK)


@dataclass(frozen=True, slots=True)
class Demand:
    """A policy to be created: its name, the users and the applications that it includes."""

    name: str
    users: Mapping[str, Any]
    applications: tuple[str, ...]


def demand_mfa(demand: Demand, tenant: Resource, estate: Estate) -> Fix:
    """Return the repair that creates a policy; emergency access accounts are excluded.

    A further policy weakens no other one: every policy that applies to a sign-in must be satisfied.
    """
    baseline = estate.baseline
    excluded = sorted({*baseline.break_glass_accounts, *baseline.mfa_exempt_accounts})
    policy = {
        "displayName": demand.name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": [*demand.applications]},
            "users": {**demand.users, "excludeUsers": excluded},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    place = graph.in_tenant(tenant.id, f"{graph.POLICIES}/{_NAME}")
    return Fix((PutChild(place, {"properties": policy}),), _note(excluded))


def _note(excluded: Sequence[str]) -> str:
    if excluded:
        return _RISK
    return (
        f"{_RISK} monitor.toml names no emergency access account (break_glass.accounts), so the "
        "policy excludes no account: name the accounts there, then add them to excludeUsers."
    )
