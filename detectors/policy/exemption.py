"""Whether the exemptions from policies of encryption are narrow, approved and end soon."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from detectors.evidence import evidence, listed
from detectors.policy.assignments import ASSIGNMENTS, DEFINITION, MEMBERS, SETS
from detectors.policy.encryption import exempts_encryption
from drift import ids
from drift.arm.references import id_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import DeleteChild, Fix, SetProperty, Step
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict
from drift.untrusted_json import moment_of

EXEMPTIONS: Final = "Microsoft.Authorization/policyExemptions"
_ASSIGNMENT: Final = "properties.policyAssignmentId"
_REFERENCES: Final = "properties.policyDefinitionReferenceIds"
_EXPIRES: Final = "properties.expiresOn"
_CATEGORY: Final = "properties.exemptionCategory"
_VALIDATION: Final = "properties.assignmentScopeValidation"
_METADATA: Final = "properties.metadata"
_CREATED_BY: Final = "systemData.createdBy"
_SUFFIX: Final = "/providers/microsoft.authorization/policyexemptions/"

_ACCOUNT: Final = re.compile(r"[^\s@]+@[^\s@]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A user principal name or an object id: another text cannot be compared with the author."""

CONTROL: Final = Control(
    id="POLICY-EXEMPTION",
    title="Exemptions from encryption must be narrow, approved and end within 90 days",
    service="Azure Policy",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.306(d)(3)", "164.316(b)(1)", "164.308(a)(1)(ii)(B)"),
    why="A resource with PHI may stay unencrypted, and Azure Policy reports it as compliant.",
    fix="az policy exemption update --name <name> --scope <scope> --expires-on <date>",
    watches={
        ids.SUBSCRIPTION: (),
        ids.MANAGEMENT_GROUP: (),
        EXEMPTIONS.lower(): (
            *(_ASSIGNMENT, _REFERENCES, _EXPIRES, _CATEGORY, _VALIDATION, _METADATA),
            _CREATED_BY,
        ),
        ASSIGNMENTS.lower(): (DEFINITION,),
        SETS: (MEMBERS,),
    },
    also_judges=(ids.MANAGEMENT_GROUP,),
    leaves_out="exemptions from definitions of your own that `controls.encryption_policies` in "
    "monitor.toml does not list",
)


@dataclass(frozen=True, slots=True)
class _Exemption:
    """One exemption from encryption, and its problems; ``lasts``: only its end is wrong."""

    resource: Resource
    problems: tuple[str, ...]
    lasts: bool


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate every exemption in force, at and below the subscription and above it.

    An exemption that has expired, or whose assignment in the subscription is gone, exempts nothing.
    An assignment of a management group that is not listed may only be hidden from the monitor. An
    exemption of a group or more may cover resources that do not exist yet, so it is too wide.
    """
    known, doubt = listed(lambda: estate.extensions(resource.id, EXEMPTIONS))
    found: list[_Exemption] = []
    for each in known:
        try:
            if _is_in_force(each, estate.now) and _is_from_encryption(each, resource, estate):
                found.append(_judged(each, estate))
        except Unreadable as error:
            doubt = doubt or error
    wrong = [each for each in found if each.problems]
    if wrong:
        return _failure(wrong, resource, estate)
    if doubt:
        raise doubt
    names = ", ".join(each.resource.name for each in found)
    reason = f"Exempt from encryption, narrowly and for a time: {names}." if names else _NONE
    return Verdict(Outcome.PASS, reason, _evidence(found, resource))


_NONE: Final = "Nothing is exempt from the policies of encryption."


def _is_in_force(exemption: Resource, now: datetime) -> bool:
    expires = _expiry(exemption)
    return expires is None or expires > now


def _expiry(exemption: Resource) -> datetime | None:
    """Return when an exemption ends, None for never; raise Unreadable."""
    value = exemption.get(_EXPIRES)
    found = moment_of(value)
    if found is None and value is not MISSING:
        raise Unreadable(f"{exemption.id}#{_EXPIRES}", "not a time")
    return found


def _is_from_encryption(exemption: Resource, subscription: Resource, estate: Estate) -> bool:
    wanted = id_at(exemption, _ASSIGNMENT)
    if not wanted:
        raise Unreadable(f"{exemption.id}#{_ASSIGNMENT}", "absent")
    assignments = estate.extensions(subscription.id, ASSIGNMENTS)
    assignment = next((each for each in assignments if ids.key(each.id) == ids.key(wanted)), None)
    if assignment is None and ids.subscription_of(wanted) != ids.subscription_of(subscription.id):
        raise Unreadable(
            wanted, "the list of the subscription does not show this assignment above it"
        )
    if assignment is None:
        return False
    definition = id_at(assignment, DEFINITION)
    if not definition:
        raise Unreadable(f"{assignment.id}#{DEFINITION}", "absent")
    parts = exemption.items(_REFERENCES)
    if not all(isinstance(each, str) for each in parts):
        raise Unreadable(f"{exemption.id}#{_REFERENCES}", "one of them is not a string")
    return exempts_encryption(definition, frozenset(each.lower() for each in parts), estate)


def _judged(exemption: Resource, estate: Estate) -> _Exemption:
    ending = [*_ending(exemption, estate)]
    others = [*_scope(exemption), *_approval(exemption)]
    return _Exemption(exemption, (*ending, *others), lasts=bool(ending) and not others)


def _ending(exemption: Resource, estate: Estate) -> Iterator[str]:
    expires, days = _expiry(exemption), estate.baseline.exemption_days
    if expires is None:
        yield "never expires"
    elif expires > estate.now + timedelta(days=days):
        yield f"expires on {expires:%Y-%m-%d}, in more than {days} days"


def _scope(exemption: Resource) -> Iterator[str]:
    scope = ids.key(exemption.id).rpartition(_SUFFIX)[0]
    if ids.group_of(scope) and ids.type_of(scope) == ids.GROUP:
        yield f"covers the whole resource group {ids.name_of(scope)}"
    elif not ids.group_of(scope):
        yield f"covers all of {ids.last_pair_of(scope)}"
    validation = exemption.word(_VALIDATION)
    if validation == "donotvalidate":
        yield "may lie outside of the assignment (DoNotValidate)"
    elif validation not in {MISSING, "default"}:
        raise Unreadable(f"{exemption.id}#{_VALIDATION}", "not a known value")


def _approval(exemption: Resource) -> Iterator[str]:
    category = exemption.word(_CATEGORY)
    if category not in {"waiver", "mitigated"}:
        raise Unreadable(f"{exemption.id}#{_CATEGORY}", "not a known category")
    approver, ticket = (_text(exemption, f"{_METADATA}.{x}") for x in ("approvedBy", "ticketRef"))
    if not _ACCOUNT.fullmatch(approver):
        yield "names no account in approvedBy of its metadata"
    if category == "waiver" and not ticket:
        yield "is a waiver without a ticketRef in its metadata"
    authors = {_text(exemption, _CREATED_BY), _text(exemption, f"{_METADATA}.requestedBy")}
    if approver and approver in authors:
        yield "was approved by its author"
    elif approver and not any(_is_comparable(approver, each) for each in authors if each):
        raise Unreadable(f"{exemption.id}#{_CREATED_BY}", "not comparable with approvedBy")


def _is_comparable(approver: str, author: str) -> bool:
    """Tell whether both are mail addresses, or both are ids: only equal kinds can be compared."""
    return ("@" in approver) == ("@" in author)


def _text(exemption: Resource, path: str) -> str:
    value: Any = exemption.get(path)
    return value.strip().lower() if isinstance(value, str) else ""


def _failure(wrong: Sequence[_Exemption], subscription: Resource, estate: Estate) -> Verdict:
    reasons = (f"{each.resource.name} {', and '.join(each.problems)}." for each in wrong)
    return Verdict(
        Outcome.FAIL,
        " ".join(f"Policy exemption {each}" for each in reasons),
        _evidence(wrong, subscription),
        fix=Fix(
            tuple(_step(each, estate) for each in wrong),
            "An exemption that ends or is deleted leaves the resource non-compliant, and a policy "
            "that denies then refuses its next write.",
        ),
    )


def _step(exemption: _Exemption, estate: Estate) -> Step:
    """Set an end if only the end is wrong; else delete the exemption, so that it must be requested again."""
    if not exemption.lasts:
        return DeleteChild(exemption.resource.id)
    until = estate.now + timedelta(days=estate.baseline.exemption_days)
    return SetProperty(exemption.resource.id, _EXPIRES, f"{until:%Y-%m-%d}T00:00:00Z")


def _evidence(found: Sequence[_Exemption], of: Resource) -> tuple[Evidence, ...]:
    paths = (_EXPIRES, _CATEGORY)
    return tuple(evidence(each.resource, path, of=of) for each in found for path in paths)
