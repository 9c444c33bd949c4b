"""The verdict of a control of conditional access: what is missing, how bad it is, and the repair."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.ca.coverage import Coverage, named, shortcomings
from detectors.ca.fixes import Demand, demand_mfa, enforce
from detectors.ca.policies import GRANT, GUESTS, STATE, Policy
from detectors.evidence import evidence
from drift import ids
from drift.estate import Estate
from drift.fixes import Fix
from drift.model import Evidence, Outcome, Resource, Severity, Verdict

_NAMED: Final = 5
"""Accounts that a reason names."""


@dataclass(frozen=True, slots=True)
class PolicyGap:
    """The targets that no enforced policy protects: a sentence, and a policy that would protect them.

    ``guests`` is the severity if policies exclude only guests.
    """

    sentence: str
    uncovered: Sequence[Coverage]
    demand: Demand
    guests: Severity = Severity.HIGH


def failure(gap: PolicyGap, tenant: Resource, estate: Estate) -> Verdict:
    """Fail; high if a policy is not enforced yet, or only excludes accounts."""
    would = distinct(policy for each in gap.uncovered for policy in each.would)
    excluding = distinct(policy for each in gap.uncovered for policy in each.excluding)
    chosen = _enough_alone(gap.uncovered)
    reasons = [gap.sentence]
    if would:
        reasons.append(f"Report-only, so not enforced: {named(would)}.")
    if excluding:
        accounts = sorted({account for each in gap.uncovered for account in each.left_out})
        reasons.append(f"Excluded from {named(excluding)}: {', '.join(accounts[:_NAMED])}.")
    reasons += shortcomings(gap.uncovered)
    return Verdict(
        Outcome.FAIL,
        " ".join(reasons),
        shown((*would, *excluding), tenant, to_enforce=chosen),
        _severity(gap),
        _fix(gap, chosen, tenant, estate),
    )


def _severity(gap: PolicyGap) -> Severity | None:
    """Return the severity of the gap, None for the control's own severity."""
    if all(each.left_out == {GUESTS} for each in gap.uncovered):
        return gap.guests
    return Severity.HIGH if all(each.would or each.left_out for each in gap.uncovered) else None


def distinct(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """Return each policy once."""
    return tuple({ids.key(each.resource.id): each for each in policies}.values())


def shown(
    policies: Iterable[Policy], tenant: Resource, *, to_enforce: Policy | None = None
) -> tuple[Evidence, ...]:
    """Return the state and the requirements of each policy as evidence."""
    found: list[Evidence] = []
    for each in policies:
        is_wanted = not each.is_report_only or (to_enforce and each.resource is to_enforce.resource)
        found.append(evidence(each.resource, STATE, "enabled" if is_wanted else "", of=tenant))
        found.append(evidence(each.resource, GRANT, of=tenant))
    return tuple(found)


def _enough_alone(uncovered: Sequence[Coverage]) -> Policy | None:
    """Return a report-only policy that would protect all of these, None where there is none."""
    names = [{ids.key(policy.resource.id) for policy in each.would} for each in uncovered]
    enough = set[str].intersection(*names)
    return next((each for each in uncovered[0].would if ids.key(each.resource.id) in enough), None)


def _fix(gap: PolicyGap, chosen: Policy | None, tenant: Resource, estate: Estate) -> Fix:
    emergency = frozenset(estate.baseline.break_glass_accounts)
    is_safe = chosen and (chosen.excluded_groups or emergency <= chosen.excluded_users)
    return enforce(chosen) if chosen and is_safe else demand_mfa(gap.demand, tenant, estate)
