"""Whether the Defender for Cloud plans that monitor.toml requires are on for the whole subscription."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from detectors.evidence import check_objects, evidence, listed
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty, Step
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict, dig

PLANS: Final = "Microsoft.Security/pricings"
TIER: Final = "properties.pricingTier"
COVERAGE: Final = "properties.resourcesCoverageStatus"
SUB_PLAN: Final = "properties.subPlan"
EXTENSIONS: Final = "properties.extensions"

_STORAGE: Final = "storageaccounts"
_STORAGE_PLAN: Final = "DefenderForStorageV2"
_STORAGE_EXTENSIONS: Final = ("OnUploadMalwareScanning", "SensitiveDataDiscovery")
"""Without these the plan neither scans uploads nor finds sensitive data.
https://learn.microsoft.com/azure/defender-for-cloud/tutorial-enable-storage-plan"""

_COST: Final = "Defender plans add cost for each resource or transaction."
_OPTED_OUT: Final = (
    "The plan is on, but some resources have settings of their own. Defender for Cloud > "
    "Environment settings > the subscription > the plan lists them; remove their own settings "
    "there."
)

CONTROL: Final = Control(
    id="DEFENDER-PLANS",
    title="Subscription must have the required Defender for Cloud plans",
    service="Defender for Cloud",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.308(a)(1)(ii)(A)", "164.308(a)(5)(ii)(B)", "164.308(a)(6)(ii)"),
    why="Without the plans, an attack on PHI, such as malware in uploads or a stolen key, raises "
    "no alert.",
    fix="az security pricing create --name StorageAccounts --tier Standard "
    "--subplan DefenderForStorageV2",
    watches={
        ids.SUBSCRIPTION: (),
        PLANS.lower(): (TIER, COVERAGE, SUB_PLAN, EXTENSIONS),
    },
    leaves_out="a subscription on which Microsoft.Security was never registered: ARM refuses the "
    "list, so the verdict is unknown",
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The problem of one plan; ``problem`` is "" if there is none."""

    name: str
    evidence: tuple[Evidence, ...]
    problem: str = ""
    severity: Severity = Severity.HIGH
    steps: tuple[Step, ...] = ()


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each required plan: on, for every resource, and for storage with its extensions.

    A plan that is not in the list was never on. If the coverage is absent, the result is unknown:
    resources may have opted out.
    """
    required = estate.baseline.defender_plans
    if not required:
        return Verdict(Outcome.NOT_APPLICABLE, "monitor.toml requires no Defender plan.")
    known, doubt = listed(lambda: estate.extensions(resource.id, PLANS))
    plans, unreadable = [], doubt
    for name in required:
        try:
            plans.append(_judged(name, resource, known, doubt))
        except Unreadable as error:
            unreadable = unreadable or error
    wrong = [each for each in plans if each.problem]
    if wrong:
        return _failure(wrong, unreadable)
    if unreadable:
        raise unreadable
    return Verdict(
        Outcome.PASS,
        f"Defender for Cloud is on for {', '.join(required)}.",
        tuple(shown for each in plans for shown in each.evidence),
    )


def _failure(wrong: list[_Plan], unreadable: Unreadable | None) -> Verdict:
    reasons = [f"The Defender plan {each.name} {each.problem}." for each in wrong]
    if unreadable:
        reasons.append(f"The state of the other plans is unknown: {unreadable}.")
    steps = tuple(step for each in wrong for step in each.steps)
    has_opted_out = any(not each.steps for each in wrong)
    notes = [*([_COST] if steps else []), *([_OPTED_OUT] if has_opted_out else [])]
    return Verdict(
        Outcome.FAIL,
        " ".join(reasons),
        tuple(shown for each in wrong for shown in each.evidence),
        max((each.severity for each in wrong), key=lambda each: each.rank),
        Fix(steps, " ".join(notes)),
    )


def _judged(
    name: str, subscription: Resource, known: tuple[Resource, ...], doubt: Unreadable | None
) -> _Plan:
    """Return what is wrong with a plan; raise Unreadable."""
    found = next((each for each in known if each.name.lower() == name.lower()), None)
    plan_id = f"{subscription.id}/providers/{PLANS}/{name}"
    if found is None:
        if doubt:
            raise doubt
        found = Resource(plan_id, PLANS.lower(), {})
    check_objects(found, "properties")
    tier = found.word(TIER)
    shown = (evidence(found, TIER, "Standard", of=subscription),)
    if tier not in {MISSING, "free", "standard"} or (tier is MISSING and found.body):
        raise Unreadable(f"{plan_id}#{TIER}", "not a known tier")
    if tier != "standard":
        return _Plan(name, shown, "is off", steps=_steps(plan_id, found))
    return _judged_on(name, found, (subscription, plan_id), shown)


def _judged_on(
    name: str, plan: Resource, place: tuple[Resource, str], shown: tuple[Evidence, ...]
) -> _Plan:
    """Return what is wrong with a plan that is on; raise Unreadable."""
    subscription, plan_id = place
    coverage = plan.word(COVERAGE)
    shown = (*shown, evidence(plan, COVERAGE, "FullyCovered", of=subscription))
    if coverage in {"partiallycovered", "notcovered"}:
        return _Plan(name, shown, "is on, but some resources have opted out of it")
    if coverage != "fullycovered":
        raise Unreadable(f"{plan_id}#{COVERAGE}", "not a known coverage")
    if name.lower() != _STORAGE:
        return _Plan(name, shown)
    steps = _steps(plan_id, plan)
    if plan.word(SUB_PLAN) != _STORAGE_PLAN.lower():
        shown = (*shown, evidence(plan, SUB_PLAN, _STORAGE_PLAN, of=subscription))
        problem = "is an older version that does not scan uploads"
        return _Plan(name, shown, problem, Severity.MEDIUM, steps)
    off = [each for each in _STORAGE_EXTENSIONS if not _is_on(plan, each)]
    if off:
        shown = (*shown, evidence(plan, EXTENSIONS, f"with {' and '.join(off)}", of=subscription))
        return _Plan(name, shown, f"is on without {' and '.join(off)}", Severity.MEDIUM, steps)
    return _Plan(name, shown)


def _is_on(plan: Resource, name: str) -> bool:
    """Tell whether an extension is on and was switched on without an error; raise Unreadable."""
    for item in plan.items(EXTENSIONS):
        extension = Resource(plan.id, plan.type, item)
        if extension.word("name") == name.lower():
            enabled = extension.flag("isEnabled")
            if enabled is MISSING:
                raise Unreadable(f"{plan.id}#{EXTENSIONS}", f"{name} does not show isEnabled")
            return enabled and extension.word("operationStatus.code") != "failed"
    return False


def _steps(plan_id: str, plan: Resource) -> tuple[Step, ...]:
    """Return the steps that switch a plan on; the storage plan with its extensions."""
    tier = SetProperty(plan_id, TIER, "Standard")
    if ids.name_of(plan_id).lower() != _STORAGE:
        return (tier,)
    return (
        tier,
        SetProperty(plan_id, SUB_PLAN, _STORAGE_PLAN),
        SetProperty(plan_id, EXTENSIONS, _extensions(plan)),
    )


def _extensions(plan: Resource) -> list[Mapping[str, Any]]:
    """Return the extensions as they are, those that are needed switched on."""
    wanted = {each.lower(): each for each in _STORAGE_EXTENSIONS}
    items = dig(plan.body, EXTENSIONS)
    others = [
        each
        for each in (items if isinstance(items, list | tuple) else ())
        if isinstance(each, Mapping) and str(dig(each, "name")).lower() not in wanted
    ]
    kept = [{"name": dig(each, "name"), "isEnabled": dig(each, "isEnabled")} for each in others]
    return [*kept, *({"name": each, "isEnabled": "True"} for each in _STORAGE_EXTENSIONS)]
