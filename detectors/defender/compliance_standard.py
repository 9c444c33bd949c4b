"""Whether the HIPAA standard is on the regulatory dashboard of Defender for Cloud."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from detectors.defender.plans import PLANS, TIER
from detectors.defender.standards import (
    EFFECT,
    EXCLUDED,
    EXPIRES,
    HIPAA,
    POLICY_SET,
    STANDARD,
    STANDARD_ASSIGNMENTS,
    STANDARDS,
    StandardAssignment,
    by_policy,
    by_standard,
)
from detectors.evidence import evidence, listed
from detectors.policy.assignments import ASSIGNMENTS, DEFINITION
from detectors.policy.coverage import NOT_SCOPES
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild, SetProperty
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict
from drift.untrusted_json import moment_of

RESULTS: Final = "Microsoft.Security/regulatoryComplianceStandards"
PASSED: Final = "properties.passedControls"
FAILED: Final = "properties.failedControls"
CREATED: Final = "systemData.createdAt"

CONTROL: Final = Control(
    id="DEFENDER-COMPLIANCE-STANDARD",
    title="Subscription with PHI must have the HIPAA standard on the compliance dashboard",
    service="Defender for Cloud",
    severity=Severity.LOW,
    otherwise=Severity.LOW,
    hipaa=("164.308(a)(8)", "164.308(a)(1)(ii)(A)"),
    why="Without it the dashboard does not show which HIPAA controls the subscription does not "
    "meet.",
    fix="az policy assignment create --name phi-hipaa --policy-set-definition "
    f"{HIPAA} --scope /subscriptions/<id> --mi-system-assigned --location <region>",
    watches={
        ids.SUBSCRIPTION: (),
        ids.GROUP: ("tags",),
        ASSIGNMENTS.lower(): (DEFINITION, NOT_SCOPES, CREATED),
        STANDARD_ASSIGNMENTS.lower(): (EFFECT, EXPIRES, EXCLUDED, STANDARD),
        STANDARDS: (POLICY_SET,),
        RESULTS.lower(): (PASSED, FAILED),
        PLANS.lower(): (TIER,),
    },
    leaves_out="a resource with a PHI tag in an excluded resource group that has no PHI tag, and "
    "the score: the control does not need controls of the standard to pass. The set "
    "HITRUST/HIPAA has 589 policies. Only 93 of them evaluate resources, and none "
    "checks the keys of storage accounts: the set does not satisfy "
    "POLICY-ENCRYPTION-INITIATIVE. Microsoft does not document the name of the "
    "standard on the dashboard: a result counts if its name contains hipaa or hitrust",
)

_NOTE: Final = (
    "Put in a region for <LOCATION>: it is the region of the assignment's identity. Review the parameters of "
    "the set first: the set audits, but its deploy policies change new resources once the identity "
    "has roles. The dashboard shows results within 24 hours."
)
_FREE: Final = frozenset({"foundationalcspm", "discovery"})
"""Free plans, whose tier is Standard in every subscription."""

_PAID: Final = "Defender CSPM costs for each billable resource."


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the assignments of the standard, by Azure Policy or in Defender for Cloud.

    Standards beside the default one need a paid plan. If Azure Policy has the assignment, a refusal
    of Defender for Cloud does not matter.
    """
    if estate.phi is False:
        return Verdict(Outcome.NOT_APPLICABLE, "The subscription holds no PHI.")
    shown, doubt = by_policy(resource, estate)
    more, refused = by_standard(resource, estate)
    shown, doubt = [*shown, *more], doubt or refused
    exempt = [each for each in shown if each.problem]
    counted = [each for each in shown if not each.problem]
    if not counted and doubt:
        raise doubt
    if not counted or any(each.problem.startswith("exempts") for each in exempt):
        return _missing(exempt, resource)
    return _assigned(counted, resource, estate)


def _missing(exempt: Sequence[StandardAssignment], subscription: Resource) -> Verdict:
    reasons = [f"{each.assignment.name} {each.problem}." for each in exempt]
    body = {
        "location": "<LOCATION>",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "displayName": "HITRUST/HIPAA",
            "policyDefinitionId": (
                f"/providers/Microsoft.Authorization/policySetDefinitions/{HIPAA}"
            ),
        },
    }
    steps = (PutChild(f"{subscription.id}/providers/{ASSIGNMENTS}/phi-hipaa", body),)
    is_exempt = any(each.problem.startswith("exempts") for each in exempt)
    return Verdict(
        Outcome.FAIL,
        " ".join(["The HIPAA standard is not assigned to the subscription.", *reasons]),
        _evidence(exempt, subscription),
        fix=Fix((), _EXEMPT) if is_exempt else Fix(steps, _NOTE),
    )


_EXEMPT: Final = (
    "Remove the exemption in Defender for Cloud > Environment settings > the subscription > "
    "Security policies."
)


def _assigned(
    counted: Sequence[StandardAssignment], subscription: Resource, estate: Estate
) -> Verdict:
    shown = _evidence(counted, subscription)
    plans = estate.extensions(subscription.id, PLANS)
    if not any(each.word(TIER) == "standard" and each.name.lower() not in _FREE for each in plans):
        step = SetProperty(f"{subscription.id}/providers/{PLANS}/CloudPosture", TIER, "Standard")
        reason = "The HIPAA standard is assigned, but no paid plan of Defender for Cloud is on."
        return Verdict(Outcome.FAIL, reason, shown, fix=Fix((step,), _PAID))
    names = ", ".join(sorted({each.assignment.name for each in counted}))
    scores = _scores(subscription, estate)
    if scores and not any(map(any, scores)) and _is_settled(counted, estate.now):
        reason = f"The HIPAA standard is assigned ({names}), but it assesses nothing."
        return Verdict(Outcome.FAIL, reason, shown, fix=Fix((), _NOTHING_ASSESSED))
    told = "; ".join(f"{passed} controls passed, {failed} failed" for passed, failed in scores)
    reason = f"The HIPAA standard is assigned ({names}). {told or _NO_RESULT}."
    return Verdict(Outcome.PASS, reason, shown)


_NO_RESULT: Final = "The dashboard shows no result whose name contains hipaa or hitrust"
_NOTHING_ASSESSED: Final = (
    "In Defender for Cloud > Regulatory compliance, see why every control of the standard is "
    "skipped or unsupported."
)


def _is_settled(counted: Sequence[StandardAssignment], now: datetime) -> bool:
    """Tell whether the assignments are old enough to have results; raise Unreadable."""
    created = [moment_of(each.assignment.get(CREATED)) for each in counted]
    known = [each for each in created if each]
    if len(known) < len(created):
        raise Unreadable(f"{counted[0].assignment.id}#{CREATED}", "it does not show its age")
    return max(known) < now - timedelta(days=1)


def _scores(subscription: Resource, estate: Estate) -> list[tuple[int, int]]:
    """Return how many controls passed and failed, of each result named so; none if they are refused."""
    results, _ = listed(lambda: estate.extensions(subscription.id, RESULTS))
    named = [each for each in results if _is_hipaa(each.name.lower())]
    return [(_count(each, PASSED), _count(each, FAILED)) for each in named]


def _count(result: Resource, path: str) -> int:
    """Return a number of controls, 0 where it is absent; raise Unreadable."""
    found = result.number(path)
    return found if isinstance(found, int) else 0


def _is_hipaa(name: str) -> bool:
    return "hipaa" in name or "hitrust" in name


def _evidence(shown: Sequence[StandardAssignment], of: Resource) -> tuple[Evidence, ...]:
    return tuple(
        evidence(each.assignment, path, of=of)
        for each in shown
        for path in (DEFINITION, EFFECT, EXPIRES)
        if each.assignment.shown(path)
    )
