"""What one conditional access policy demands, of whom, for which applications and when.

https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from drift.arm import graph
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Missing, Resource, word_of

STATE: Final = "properties.state"
GRANT: Final = "properties.grantControls"
_PARTIAL: Final = "properties.partialEnablementStrategy"
CONDITIONS: Final = "properties.conditions"
SATISFIED: Final = "properties.requirementsSatisfied"

ALL: Final = "all"
NOBODY: Final = "none"
GUESTS: Final = "guestsorexternalusers"

_USERS: Final = f"{CONDITIONS}.users"
_APPLICATIONS: Final = f"{CONDITIONS}.applications"
_BUILT_IN: Final = f"{GRANT}.builtInControls"
_STRENGTH: Final = f"{GRANT}.authenticationStrength"

_PHISHING_RESISTANT: Final = "00000000-0000-0000-0000-000000000004"
_RESISTANT_MODES: Final = frozenset(
    {"fido2", "windowshelloforbusiness", "x509certificatemultifactor"}
)
_STATES: Final = frozenset({"enabled", "disabled", "enabledforreportingbutnotenforced"})
_MFA: Final = "mfa"
_BLOCK: Final = "block"
_BUILT_IN_STRENGTHS: Final = frozenset(
    f"00000000-0000-0000-0000-00000000000{each}" for each in (2, 3, 4)
)
"""Multifactor authentication, passwordless MFA and phishing-resistant MFA.
https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths"""

_PLAIN_CONDITIONS: Final = frozenset({"users", "applications", "clientapptypes"})
"""Conditions that do not by themselves narrow when a policy applies; they are read one by one."""

_NARROWING: Final = {
    "signinrisklevels": "at some sign-in risks",
    "userrisklevels": "at some user risks",
    "serviceprincipalrisklevels": "at some risks of applications",
    "platforms": "on some platforms",
    "locations": "from some locations",
    "devices": "on some devices",
    "devicestates": "on some devices",
    "clientapplications": "to applications that sign in without a user",
    "authenticationflows": "in some sign-in flows",
    "insiderrisklevels": "at some insider risks",
    "agentidrisklevels": "at some risks of agents",
    "times": "at some times",
}

_EMPTY: Final[tuple[Any, ...]] = (None, [], {}, (), "")
_EMPTY_IN_PARTS: Final = frozenset({"clientapplications", "authenticationflows"})
"""Conditions that Graph also shows with parts that are all empty: then they select every sign-in.
https://learn.microsoft.com/graph/api/resources/conditionalaccessauthenticationflows"""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy; ``problem`` says why it demands no MFA of anybody, or not always, "" where it does.

    ``is_report_only``: the result is logged and nothing is enforced. Role and application ids, and
    keywords such as ``all``, are in lower case.
    """

    resource: Resource
    is_report_only: bool
    problem: str
    users: frozenset[str]
    groups: frozenset[str]
    roles: frozenset[str]
    excluded_users: frozenset[str]
    excluded_groups: frozenset[str]
    excluded_roles: frozenset[str]
    applications: frozenset[str]
    excluded_applications: frozenset[str]
    has_application_filter: bool

    @property
    def name(self) -> str:
        """Return the name that people gave the policy, in quotes."""
        name = self.resource.get("properties.displayName")
        return f'"{name}"' if isinstance(name, str) else self.resource.name


def is_enforced(policy: Resource) -> bool:
    """Tell whether a policy is on; raise Unreadable on an unknown state."""
    return _state(policy) == "enabled"


def is_phishing_resistant(policy: Resource) -> bool:
    """Tell whether a policy demands the built-in phishing-resistant authentication strength."""
    others = ("builtInControls", "customAuthenticationFactors", "termsOfUse")
    if any(policy.items(f"{GRANT}.{each}") for each in others):
        return False
    if policy.word(f"{_STRENGTH}.id") == _PHISHING_RESISTANT:
        return True
    modes = _words(policy, f"{_STRENGTH}.allowedCombinations")
    return bool(modes) and modes <= _RESISTANT_MODES


def policy_of(resource: Resource, estate: Estate) -> Policy | None:
    """Return what a policy says, None where it is off; raise Unreadable where that is not known."""
    state = _state(resource)
    if state == "disabled":
        return None
    for path in (CONDITIONS, _USERS, _APPLICATIONS):
        if not isinstance(resource.get(path), Mapping):
            raise _unreadable(resource, path, "absent or not an object")
    _check_included(resource)
    guests = resource.get(f"{_USERS}.excludeGuestsOrExternalUsers") is not MISSING
    return Policy(
        resource,
        is_report_only=state != "enabled",
        problem=_grant_problem(resource, estate) or _when(resource),
        users=_words(resource, f"{_USERS}.includeUsers"),
        groups=_words(resource, f"{_USERS}.includeGroups"),
        roles=_words(resource, f"{_USERS}.includeRoles"),
        excluded_users=_words(resource, f"{_USERS}.excludeUsers").union([GUESTS] if guests else ()),
        excluded_groups=_words(resource, f"{_USERS}.excludeGroups"),
        excluded_roles=_words(resource, f"{_USERS}.excludeRoles"),
        applications=_words(resource, f"{_APPLICATIONS}.includeApplications"),
        excluded_applications=_words(resource, f"{_APPLICATIONS}.excludeApplications"),
        has_application_filter=resource.get(f"{_APPLICATIONS}.applicationFilter") is not MISSING,
    )


def _check_included(policy: Resource) -> None:
    """Raise Unreadable where a policy shows nobody whom it includes, which Graph does not accept."""
    lists = ("includeUsers", "includeGroups", "includeRoles")
    some = any(policy.items(f"{_USERS}.{each}") for each in lists)
    if not some and policy.get(f"{_USERS}.includeGuestsOrExternalUsers") is MISSING:
        raise _unreadable(policy, _USERS, "it does not show which users it includes")


def _state(resource: Resource) -> str:
    state = resource.word(STATE)
    if isinstance(state, Missing) or state not in _STATES:
        raise _unreadable(resource, STATE, "not a known state")
    if resource.get(_PARTIAL) is not MISSING:
        raise _unreadable(resource, _PARTIAL, "the users of the policy are not known")
    return state


def _grant_problem(policy: Resource, estate: Estate) -> str:
    """Return why a policy does not require MFA for access, "" where it does or blocks access."""
    if policy.get(GRANT) is MISSING:
        return "controls sessions only"
    if not isinstance(policy.get(GRANT), Mapping):
        raise _unreadable(policy, GRANT, "not an object")
    if _BLOCK in _words(policy, _BUILT_IN):
        return ""
    options = _options(policy, estate)
    if True not in options:
        return "does not require MFA"
    if len(options) == 1 or all(options):
        return ""
    operator = policy.word(f"{GRANT}.operator")
    if operator not in {"and", "or"}:
        raise _unreadable(policy, f"{GRANT}.operator", "not a known operator")
    return "" if operator == "and" else "accepts another control instead of MFA (operator OR)"


def _options(policy: Resource, estate: Estate) -> list[bool]:
    """Return for each control that a policy names whether it is MFA."""
    options = [each == _MFA for each in _words(policy, _BUILT_IN)]
    for path in ("customAuthenticationFactors", "termsOfUse"):
        options += [False for _ in _words(policy, f"{GRANT}.{path}")]
    return options if policy.get(_STRENGTH) is MISSING else [*options, _is_mfa(policy, estate)]


def _is_mfa(policy: Resource, estate: Estate) -> bool:
    """Tell whether the authentication strength of a policy means MFA; raise Unreadable."""
    name = policy.word(f"{_STRENGTH}.id")
    if isinstance(name, Missing):
        raise _unreadable(policy, f"{_STRENGTH}.id", "absent")
    if name in _BUILT_IN_STRENGTHS:
        return True
    satisfied = word_of(policy.get(f"{_STRENGTH}.requirementsSatisfied"), _STRENGTH)
    if isinstance(satisfied, Missing):
        found = estate.get(graph.in_tenant(policy.id, f"{graph.STRENGTHS}/{name}"))
        if found is None:
            raise _unreadable(policy, _STRENGTH, "this authentication strength does not exist")
        satisfied = found.word(SATISFIED)
    if satisfied not in {"mfa", "none"}:
        raise _unreadable(policy, _STRENGTH, "the requirements that it satisfies are not known")
    return satisfied == "mfa"


def _when(policy: Resource) -> str:
    """Return in which cases alone a policy applies, "" where it applies to every sign-in."""
    types = _words(policy, f"{CONDITIONS}.clientAppTypes")
    if not types:
        raise _unreadable(policy, f"{CONDITIONS}.clientAppTypes", "absent or empty")
    if ALL not in types and not {"browser", "mobileappsanddesktopclients"} <= types:
        return "applies to some client apps only"
    found = next(_narrowed(policy), "")
    return f"applies only {found}" if found else ""


def _narrowed(policy: Resource) -> Iterator[str]:
    """Yield each condition that narrows when a policy applies; raise Unreadable on an unknown one."""
    for name, value in policy.get(CONDITIONS).items():
        low = name.lower()
        if low in _PLAIN_CONDITIONS or "@" in low or _is_without_effect(low, value):
            continue
        if low not in _NARROWING:
            raise _unreadable(policy, f"{CONDITIONS}.{name}", "not a known condition")
        yield _NARROWING[low]


def _is_without_effect(name: str, value: Any) -> bool:
    """Tell whether a condition holds for every sign-in: it is empty, or includes all and excludes none."""
    if value in _EMPTY:
        return True
    if name in _EMPTY_IN_PARTS and isinstance(value, Mapping):
        parts = (part for key, part in value.items() if "@" not in key)
        return all(_is_empty(each) for each in parts)
    if name not in ("platforms", "locations") or not isinstance(value, Mapping):
        return False
    included = value.get(f"include{name.capitalize()}")
    excluded = value.get(f"exclude{name.capitalize()}")
    is_all = isinstance(included, list) and [str(each).lower() for each in included] == [ALL]
    return is_all and isinstance(excluded, list) and not excluded


def _is_empty(part: Any) -> bool:
    return part in _EMPTY or (isinstance(part, str) and part.lower() == NOBODY)


def _words(policy: Resource, path: str) -> frozenset[str]:
    found = policy.items(path)
    if not all(isinstance(each, str) for each in found):
        raise _unreadable(policy, path, "one of its items is not a string")
    return frozenset(each.lower() for each in found)


def _unreadable(policy: Resource, path: str, why: str) -> Unreadable:
    return Unreadable(f"{policy.id}#{path}", why)
