"""Whether emergency access to the tenant exists and works, and whether it was tested recently."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from detectors.ca.groups import VISIBILITY, accounts_in
from detectors.ca.policies import (
    ALL,
    CONDITIONS,
    GRANT,
    STATE,
    Policy,
    is_enforced,
    is_phishing_resistant,
    policy_of,
)
from detectors.evidence import evidence, listed
from detectors.facets import weakest
from drift import ids
from drift.arm import graph
from drift.entra.directory_roles import GLOBAL_ADMINISTRATOR
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild, SetProperty
from drift.model import MISSING, Control, Missing, Outcome, Resource, Severity, Verdict
from drift.untrusted_json import moment_of

_ENABLED: Final = "properties.accountEnabled"
_SYNCED: Final = "properties.onPremisesSyncEnabled"
_NAME: Final = "properties.userPrincipalName"
_ROLE: Final = "properties.roleDefinitionId"
_PRINCIPAL: Final = "properties.principalId"
_SCOPE: Final = "properties.directoryScopeId"
_EXCLUDED: Final = f"{CONDITIONS}.users.excludeUsers"

_FEWEST: Final = 2
_CLOUD_DOMAINS: Final = (".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn")
"""The initial domains of tenants: they need no other service to sign in."""

CONTROL: Final = Control(
    id="BREAK-GLASS",
    title="Emergency access must exist, work and be tried every 90 days",
    service="Microsoft Entra ID",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(a)(2)(ii)", "164.308(a)(7)(ii)(C)"),
    why="If MFA or a policy fails, nobody can sign in to the systems that hold PHI.",
    fix="az rest --method PATCH --url https://graph.microsoft.com/v1.0/users/<id> --body <state>",
    watches={
        ids.TENANT: (),
        graph.USERS.lower(): (_ENABLED, _SYNCED, _NAME),
        graph.ASSIGNMENTS.lower(): (_ROLE, _PRINCIPAL, _SCOPE),
        graph.POLICIES.lower(): (STATE, CONDITIONS, GRANT),
        graph.STRENGTHS.lower(): ("properties.requirementsSatisfied",),
        graph.GROUPS.lower(): (VISIBILITY,),
        f"{graph.GROUPS}/{graph.MEMBERS}".lower(): ("properties.id",),
    },
    leaves_out="whether the role is permanent, and one that an account has through a group; "
    "whether an alert of another tool reports each sign-in, as the monitor itself does",
)

_DRILL_NOTE: Final = (
    "Sign in with each emergency access account, then add the date to break_glass.drills in "
    "monitor.toml. The sign-in must raise an alert."
)
_RUNBOOK_NOTE: Final = (
    "Review the procedure of emergency access, then name the document and the date until which it "
    "is valid in break_glass.runbooks in monitor.toml."
)
_ACCOUNT_NOTE: Final = (
    "Emergency access accounts are powerful: keep their keys apart, and have each sign-in raise an "
    "alert."
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the accounts in ``break_glass.accounts`` of monitor.toml, the last drill and the runbook.

    Without any account in monitor.toml no emergency access is known: the control fails, because the
    procedure is required.
    """
    accounts = estate.baseline.break_glass_accounts
    facets: list[Callable[[Resource, Estate], Verdict]] = [_enough, _excluded, _drill, _runbook]
    facets += [partial(_account, each) for each in accounts]
    facets += [partial(_is_administrator, each) for each in accounts]
    verdict = weakest(CONTROL, facets, resource, estate)
    if verdict.outcome is not Outcome.PASS:
        return verdict
    reason = f"{len(accounts)} emergency access accounts can sign in, and the last drill is recent."
    return Verdict(Outcome.PASS, reason, verdict.evidence)


def _enough(_: Resource, estate: Estate) -> Verdict:
    count = len(set(estate.baseline.break_glass_accounts))
    if count >= _FEWEST:
        return Verdict(Outcome.PASS, f"There are {count} emergency access accounts.")
    note = (
        "Create two cloud-only accounts with the role Global Administrator and phishing-resistant "
        "credentials, and name their object ids in break_glass.accounts in monitor.toml."
    )
    reason = (
        f"monitor.toml names {count or 'no'} emergency access account{'' if count == 1 else 's'}"
    )
    return Verdict(Outcome.FAIL, f"{reason}; {_FEWEST} are required.", fix=Fix((), note))


def _drill(_: Resource, estate: Estate) -> Verdict:
    days = estate.baseline.break_glass_drill_days
    held = [_day(each) for each in estate.baseline.break_glass_drills]
    last = max((each for each in held if each <= estate.now), default=None)
    if last and last > estate.now - timedelta(days=days):
        return Verdict(Outcome.PASS, f"The last drill was on {last:%Y-%m-%d}.")
    when = f"was on {last:%Y-%m-%d}, more than {days} days ago" if last else "is not known"
    reason = f"The last drill of emergency access {when}."
    return Verdict(Outcome.FAIL, reason, severity=Severity.MEDIUM, fix=Fix((), _DRILL_NOTE))


def _runbook(_: Resource, estate: Estate) -> Verdict:
    known = estate.baseline.break_glass_runbooks
    valid = [name for name, until in known if _day(until) > estate.now]
    if valid:
        return Verdict(Outcome.PASS, f"The procedure is {valid[0]}.")
    why = "has expired" if known else "is not named in monitor.toml"
    return Verdict(
        Outcome.FAIL,
        f"The procedure of emergency access {why}.",
        severity=Severity.MEDIUM,
        fix=Fix((), _RUNBOOK_NOTE),
    )


def _account(account: str, tenant: Resource, estate: Estate) -> Verdict:
    """Evaluate one account: it exists, is enabled, and depends only on the cloud."""
    found = estate.get(graph.in_tenant(tenant.id, f"{graph.USERS}/{account}"))
    if found is None:
        note = "Create the account again, or name another one in break_glass.accounts."
        return Verdict(Outcome.FAIL, f"Account {account} does not exist.", fix=Fix((), note))
    enabled, name = found.flag(_ENABLED), found.word(_NAME)
    if enabled is MISSING or isinstance(name, Missing):
        raise Unreadable(f"{found.id}#{_ENABLED}", "some properties of the account are not shown")
    proof = (
        evidence(found, _ENABLED, "true", of=tenant),
        evidence(found, _SYNCED, "false, or absent", of=tenant),
        evidence(found, _NAME, of=tenant),
    )
    if not enabled:
        fix = Fix((SetProperty(found.id, _ENABLED, True),), _ACCOUNT_NOTE)
        return Verdict(Outcome.FAIL, f"Account {account} is disabled.", proof, fix=fix)
    if "#ext#" in name:
        why = "is a guest, which signs in at another directory"
    elif found.flag(_SYNCED) is True:
        why = "is synchronized from a directory on premises"
    elif not name.endswith(_CLOUD_DOMAINS):
        why = "is not in the initial domain of the tenant (onmicrosoft.com)"
    else:
        return Verdict(Outcome.PASS, f"Account {account} is enabled.", proof)
    note = "Create a cloud-only account in the domain onmicrosoft.com instead, and name that."
    return Verdict(Outcome.FAIL, f"Account {account} {why}.", proof, fix=Fix((), note))


def _is_administrator(account: str, tenant: Resource, estate: Estate) -> Verdict:
    known, doubt = listed(lambda: estate.children(tenant.id, f"providers/{graph.ASSIGNMENTS}"))
    found = next((each for each in known if _makes_administrator(each, account)), None)
    if found:
        proof = (evidence(found, _ROLE, GLOBAL_ADMINISTRATOR, of=tenant),)
        return Verdict(Outcome.PASS, f"Account {account} is Global Administrator.", proof)
    if doubt:
        raise doubt
    body = {
        "principalId": account,
        "roleDefinitionId": GLOBAL_ADMINISTRATOR,
        "directoryScopeId": "/",
    }
    place = graph.in_tenant(tenant.id, f"{graph.ASSIGNMENTS}/{account}")
    fix = Fix((PutChild(place, {"properties": body}),), _ACCOUNT_NOTE)
    return Verdict(Outcome.FAIL, f"Account {account} is not Global Administrator.", fix=fix)


def _makes_administrator(assignment: Resource, account: str) -> bool:
    role, principal = assignment.word(_ROLE), assignment.word(_PRINCIPAL)
    scope = assignment.word(_SCOPE)
    return (role, principal, scope) == (GLOBAL_ADMINISTRATOR, account, "/")


def _excluded(tenant: Resource, estate: Estate) -> Verdict:
    """Fail where an enforced policy applies to an account, other than its own phishing-resistant one."""
    found, doubt = listed(lambda: estate.children(tenant.id, f"providers/{graph.POLICIES}"))
    known, unread = listed(lambda: estate.children(tenant.id, f"providers/{graph.ASSIGNMENTS}"))
    roles = {each: _roles_of(each, known) for each in estate.baseline.break_glass_accounts}
    doubt = doubt or unread
    applying: list[tuple[Policy, list[str]]] = []
    for each in found:
        try:
            policy = policy_of(each, estate) if is_enforced(each) else None
            accounts = roles if policy else ()
            hit = [
                name for name in accounts if policy and _applies(policy, name, roles[name], estate)
            ]
            if policy and hit:
                applying.append((policy, hit))
        except Unreadable as error:
            doubt = doubt or error
    if applying:
        return _not_excluded(applying, tenant)
    if doubt:
        raise doubt
    return Verdict(Outcome.PASS, "No policy locks out an emergency access account.")


def _roles_of(account: str, assignments: Iterable[Resource]) -> frozenset[str]:
    """Return the directory roles of an account; each must be Global Administrator."""
    held = (each.word(_ROLE) for each in assignments if each.word(_PRINCIPAL) == account)
    return frozenset({GLOBAL_ADMINISTRATOR, *(each for each in held if isinstance(each, str))})


def _applies(policy: Policy, account: str, roles: frozenset[str], estate: Estate) -> bool:
    """Tell whether a policy applies to an account and is not its own; raise Unreadable."""
    if account in policy.excluded_users or roles & policy.excluded_roles:
        return False
    everybody = ALL in policy.users or bool(roles & policy.roles)
    if not (everybody or account in policy.users or _is_in(policy.groups, account, policy, estate)):
        return False
    if _is_in(policy.excluded_groups, account, policy, estate):
        return False
    return everybody or not is_phishing_resistant(policy.resource)


def _is_in(groups: frozenset[str], account: str, policy: Policy, estate: Estate) -> bool:
    doubt: Unreadable | None = None
    for each in sorted(groups):
        place = graph.in_tenant(policy.resource.id, f"{graph.GROUPS}/{each}")
        try:
            if account in accounts_in(place, estate):
                return True
        except Unreadable as error:
            doubt = doubt or error
    if doubt:
        raise doubt
    return False


def _not_excluded(applying: list[tuple[Policy, list[str]]], tenant: Resource) -> Verdict:
    found = "; ".join(f"{policy.name} applies to {', '.join(hit)}" for policy, hit in applying)
    note = (
        "The command sets all conditions of the policy, with the accounts excluded: run it at "
        "once, or it overwrites a change that is made in between."
    )
    return Verdict(
        Outcome.FAIL,
        f"If MFA fails, the emergency access accounts are locked out too: {found}.",
        tuple(
            evidence(policy.resource, _EXCLUDED, f"with {' and '.join(hit)}", of=tenant)
            for policy, hit in applying
        ),
        fix=Fix(
            tuple(
                SetProperty(policy.resource.id, CONDITIONS, _with_excluded(policy, hit))
                for policy, hit in applying
            ),
            note,
        ),
    )


def _with_excluded(policy: Policy, accounts: list[str]) -> Mapping[str, Any]:
    conditions: dict[str, Any] = deepcopy(dict(policy.resource.get(CONDITIONS)))
    excluded = policy.resource.items(_EXCLUDED)
    users = next(each for each in conditions if each.lower() == "users")
    conditions[users] = {**conditions[users], "excludeUsers": [*excluded, *accounts]}
    return conditions


def _day(text: str) -> datetime:
    found = moment_of(f"{text}T00:00:00Z")
    if found is None:
        raise Unreadable("monitor.toml", f"{text} is not a date")
    return found
