"""Whether the most powerful roles of the directory have regular access reviews."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from detectors.access.series import (
    REVIEWERS,
    SCOPE,
    SETTINGS,
    STATUS,
    ReviewSeries,
    ended_at,
    series_of,
    was_held,
)
from detectors.evidence import evidence, listed
from detectors.tenant_roles import ROLE, roles_in_use
from drift import ids
from drift.arm import graph
from drift.entra.directory_roles import GLOBAL_ADMINISTRATOR, role_name
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict
from drift.untrusted_json import moment_of

_REVIEWER: Final = "<REVIEWER_OBJECT_ID>"
_NO_LICENCE: Final = "NoLicense"
_LATE: Final = timedelta(days=14)
_NONE: Final = "has no access review"

CONTROL: Final = Control(
    id="ACCESS-REVIEW",
    title="Privileged directory roles must be reviewed regularly",
    service="Microsoft Entra ID",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=(
        *("164.308(a)(4)(ii)(C)", "164.308(a)(3)(ii)(A)", "164.308(a)(3)(ii)(C)"),
        "164.308(a)(1)(ii)(D)",
    ),
    why="People keep roles that they no longer need, and each of them can open PHI.",
    fix="az rest --method POST --url https://graph.microsoft.com/v1.0/identityGovernance/"
    "accessReviews/definitions --body <review>",
    watches={
        ids.TENANT: (),
        graph.ASSIGNMENTS.lower(): (ROLE,),
        graph.ELIGIBILITIES.lower(): (ROLE,),
        graph.REVIEWS.lower(): (SCOPE, SETTINGS, STATUS, REVIEWERS),
        f"{graph.REVIEWS}/{graph.INSTANCES}".lower(): (STATUS, "properties.endDateTime"),
    },
    leaves_out="reviews of Azure roles such as Owner; the decisions in a review; the members of a "
    "group that has a role, who appear in a review as one line",
)


@dataclass(frozen=True, slots=True)
class _Role:
    """A role that must be reviewed, and why it is not, "" if it is; ``minor``: it is, but with a flaw."""

    id: str
    problem: str = ""
    by: tuple[ReviewSeries, ...] = ()
    minor: bool = False


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each role of ``controls.reviewed_roles`` that somebody has or is eligible for.

    One or two series must review often enough who has the role and who is eligible, and the last
    due review must have run. A review by hand counts while it is recent enough (``access_reviews``
    in monitor.toml). Without a licence no review can exist: the control fails, because the review
    is required, not the product. It was not confirmed in a tenant that an empty list of reviewers
    means that people review themselves. Reviews of Azure roles (Owner, Contributor, User Access
    Administrator) are not evaluated: ARM shows them only in the preview version 2021-12-01-preview
    of ``accessReviewScheduleDefinitions``, and Graph does not promise to list them.
    """
    in_use, unread = roles_in_use(resource, estate)
    roles = [each for each in estate.baseline.reviewed_roles if each in in_use]
    if not roles:
        if unread:
            raise unread
        reason = "Nobody has or is eligible for a role that must be reviewed."
        return Verdict(Outcome.NOT_APPLICABLE, reason)
    attested = [each for each in roles if _is_attested(each, estate)]
    others = [each for each in roles if each not in attested]
    judged, doubt = _judged_all(others, resource, estate) if others else ([], None)
    if doubt:
        raise doubt
    if wrong := [each for each in judged if each.problem]:
        return _failure(wrong, resource, estate)
    if unread:
        raise unread
    return _passed(judged, attested, resource)


def _judged_all(
    roles: Sequence[str], tenant: Resource, estate: Estate
) -> tuple[list[_Role], Unreadable | None]:
    """Return whether each role is reviewed, and why this is not known for one.

    An unreadable series may be the missing one.
    """
    known, doubt = listed(lambda: estate.children(tenant.id, f"providers/{graph.REVIEWS}"))
    if doubt and _NO_LICENCE in doubt.why:
        return [_Role(each, "cannot be reviewed without a licence P2") for each in roles], None
    series, doubt = _understood(known, doubt)
    found: list[_Role] = []
    for each in roles:
        try:
            found.append(_judged(each, series, estate))
        except Unreadable as error:
            doubt = doubt or error
    return found, doubt if len(found) < len(roles) or any(each.problem for each in found) else None


def _longest(role: str, estate: Estate) -> timedelta:
    baseline = estate.baseline
    is_global = role == GLOBAL_ADMINISTRATOR
    return timedelta(
        days=baseline.global_administrator_review_days if is_global else baseline.access_review_days
    )


def _is_attested(role: str, estate: Estate) -> bool:
    """Tell whether a review by hand is recent enough."""
    dates = (moment_of(on) for name, on in estate.baseline.held_access_reviews if name == role)
    oldest = estate.now - _longest(role, estate)
    return any(each and oldest < each <= estate.now for each in dates)


def _understood(
    known: Iterable[Resource], doubt: Unreadable | None
) -> tuple[list[ReviewSeries], Unreadable | None]:
    found: list[ReviewSeries] = []
    for each in known:
        try:
            found.append(series_of(each))
        except Unreadable as error:
            doubt = doubt or error
    return found, doubt


def _judged(role: str, series: Sequence[ReviewSeries], estate: Estate) -> _Role:
    """Return whether people who have a role, and people eligible for it, are reviewed; raise Unreadable."""
    about = [each for each in series if each.covers_active(role) or each.covers_eligible(role)]
    if not about:
        return _Role(role, _NONE)
    longest = _longest(role, estate)
    problems = {each.resource.id: _problem(each, longest, estate) for each in about}
    good = tuple(each for each in about if not problems[each.resource.id])
    for covers, whom in (
        (ReviewSeries.covers_active, "the people who have it"),
        (ReviewSeries.covers_eligible, "the people who are eligible for it"),
    ):
        if not any(covers(each, role) for each in good):
            why = next((problems[each.resource.id] for each in about if covers(each, role)), "")
            text = f"has no review that covers {whom}"
            return _Role(role, f"{text}: {why}" if why else text, tuple(about))
    strict = [each for each in good if not each.lenient]
    if not strict:
        return _Role(
            role, f"is reviewed by {good[0].name}, which {good[0].lenient}", good, minor=True
        )
    return _Role(role, by=good)


def _problem(series: ReviewSeries, longest: timedelta, estate: Estate) -> str:
    """Return why a series does not count, "" if it counts; raise Unreadable."""
    if series.is_partial:
        return f"{series.name} covers only some of the people"
    if series.every is None:
        return f"{series.name} runs only once"
    if series.ends is not None and series.ends < estate.now:
        return f"{series.name} ended on {series.ends:%Y-%m-%d}"
    if series.every > longest:
        return (
            f"{series.name} runs every {series.every.days} days; at most {longest.days} are allowed"
        )
    return _overdue(series, series.every, estate)


def _overdue(series: ReviewSeries, every: timedelta, estate: Estate) -> str:
    """Return why the last due review did not run, "" if it ran; the first one may still be due."""
    instances = estate.children(series.resource.id, graph.INSTANCES)
    ends = [(ended_at(each), each) for each in instances]
    past = [each for each in ends if each[0] <= estate.now]
    if past:
        at, last = max(past, key=lambda each: each[0])
        if len(past) == len(ends) and at + every + _LATE < estate.now:
            return f"{series.name} has had no review since {_day(at)}"
        return (
            "" if was_held(last) else f"the review of {series.name} due on {_day(at)} did not run"
        )
    if series.starts is None:
        raise Unreadable(f"{series.resource.id}#{SETTINGS}", "the start of the series is not known")
    is_late = series.starts + every < estate.now
    return f"{series.name} has had no review since {_day(series.starts)}" if is_late else ""


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _failure(wrong: Sequence[_Role], tenant: Resource, estate: Estate) -> Verdict:
    reasons = (f"The role {role_name(each.id)} {each.problem}." for each in wrong)
    is_minor = all(each.minor for each in wrong)
    return Verdict(
        Outcome.FAIL,
        " ".join(reasons),
        _evidence((one for each in wrong for one in each.by), tenant),
        Severity.LOW if is_minor else None,
        Fix(
            tuple(
                PutChild(_place(each, tenant), {"properties": _review(each, estate.now)})
                for each in wrong
            ),
            _NOTE,
        ),
    )


_NOTE: Final = (
    f"Put in the object id of the person who reviews for {_REVIEWER}. The reviewer gets a mail at "
    "once, and people who are denied lose the role when the review ends: tell the reviewer not to "
    "deny the emergency access accounts. Reviews need a licence P2 or Entra ID Governance."
)


def _place(role: _Role, tenant: Resource) -> str:
    return graph.in_tenant(tenant.id, f"{graph.REVIEWS}/phi-{role.id}")


def _review(role: _Role, now: datetime) -> dict[str, Any]:
    """Return a series that reviews a role each quarter, without an end."""
    return {
        "displayName": f"PHI: review of {role_name(role.id)}",
        "scope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": f"/roleManagement/directory/roleDefinitions/{role.id}",
            "queryType": "MicrosoftGraph",
        },
        "reviewers": [{"query": f"/users/{_REVIEWER}", "queryType": "MicrosoftGraph"}],
        "settings": {
            "mailNotificationsEnabled": True,
            "justificationRequiredOnApproval": True,
            "defaultDecisionEnabled": False,
            "defaultDecision": "None",
            "autoApplyDecisionsEnabled": True,
            "instanceDurationInDays": 14,
            "recurrence": {
                "pattern": {"type": "absoluteMonthly", "interval": 3},
                "range": {"type": "noEnd", "startDate": _day(now)},
            },
        },
    }


def _passed(left: Sequence[_Role], attested: Iterable[str], tenant: Resource) -> Verdict:
    by_hand = ", ".join(sorted(role_name(each) for each in attested))
    series = {one.resource.id: one for each in left for one in each.by}
    reasons = []
    if series:
        reasons.append(f"Reviewed by {', '.join(sorted(each.name for each in series.values()))}.")
    if by_hand:
        reasons.append(f"Reviewed by hand, as monitor.toml attests: {by_hand}.")
    return Verdict(Outcome.PASS, " ".join(reasons), _evidence(series.values(), tenant))


def _evidence(series: Iterable[ReviewSeries], tenant: Resource) -> tuple[Evidence, ...]:
    found = {each.resource.id: each.resource for each in series}
    return tuple(
        evidence(each, path, of=tenant)
        for each in found.values()
        for path in (SCOPE, f"{SETTINGS}.recurrence")
    )
