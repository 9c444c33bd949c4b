"""Ask the sign-in log who signed in without MFA: administrators, or users of applications with PHI.

Somebody may sign in with a stolen password or with their own: the log does not show which. So such
a sign-in is counted, and access stays possible.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from drift import ids
from drift.access.ports import MOST_ROWS
from drift.access.record import Exposure
from drift.entra import directory_roles
from drift.exposure.administrators import administrators
from drift.exposure.callers import CallerKind, Use
from drift.exposure.case import Case, Investigation
from drift.exposure.coverage import coverage_of
from drift.exposure.questions import LogRow, Questions
from drift.exposure.trail import Phrases, Trail, answer_of
from drift.exposure.wording import number, span

_APPLICATIONS: Final = "CA-PHI-APPS-MFA"
_ADMINISTRATORS: Final = "CA-ADMIN-MFA"

_LOGGING: Final = "ENTRA-LOG-EXPORT"
"""The control that requires the tenant to send its sign-ins to the workspace."""

_WHERE: Final = {
    _APPLICATIONS: "to applications with PHI",
    _ADMINISTRATORS: "as administrators",
}


def ask_sign_ins(case: Case) -> Exposure:
    """Return how many accounts signed in without MFA in the window."""
    asked = case.questions()
    proof = asked.proof("sign_in_coverage")
    logging = case.controls.get(_LOGGING)
    coverage = coverage_of(case.window, logging, proof, now=asked.now, of="tenant")
    rows, lack = _rows(case, asked)
    uses = [Use.logged({**each, "Proof": "sign-in"}, reads=each["SignIns"]) for each in rows or ()]
    trail = Trail(
        window=case.window,
        phrases=replace(_PHRASES, nothing=_OTHERS) if uses else _PHRASES,
        coverage=lack or coverage,
        uses=None if rows is None else tuple((CallerKind.UNCLEAR, each) for each in uses),
        inquiries=asked.inquiries,
        asides=tuple(_counted(uses, _WHERE[case.control])),
        flows=sum(each.reads for each in uses),
    )
    return answer_of(trail, now=asked.now)


def _rows(case: Case, asked: Questions) -> tuple[Sequence[LogRow] | None, str]:
    """Return who signed in, None if that is not known, and why it is not."""
    if case.control == _APPLICATIONS:
        found = asked.rows("app_sign_ins", applications=case.baseline.phi_applications)
        return found, asked.lack_of("app_sign_ins")
    roles = frozenset((*case.baseline.administrative_roles, *directory_roles.PRIVILEGED))
    tenant = ids.key(case.resource)
    people = asked.noted("directory roles", lambda: administrators(case.reader, tenant, roles))
    if not people:  # every tenant has an administrator
        return None, "it is not known who the administrators are"
    found = asked.rows("admin_sign_ins", people=people)
    return found, asked.lack_of("admin_sign_ins")


def _counted(uses: Sequence[Use], where: str) -> Iterator[str]:
    """Yield who signed in, in numbers, if anybody did."""
    if not uses:
        return
    least = "at least " if len(uses) >= MOST_ROWS else ""
    people = number(len({each.principal for each in uses}), "account", "accounts")
    times = span(
        min((each.first for each in uses if each.first), default=None),
        max((each.last for each in uses if each.last), default=None),
    )
    yield f"{least}{people} {_did(uses)} {where} without MFA, {times}"


def _did(uses: Sequence[Use]) -> str:
    return f"signed in {number(sum(each.reads for each in uses), 'time', 'times')}"


_OTHERS: Final = "no proof that anybody other than its owner used an account"
_PHRASES: Final = Phrases(
    caller=("account", "accounts"),
    question="whether anybody other than its owner used an account",
    nothing="no sign-in without MFA",
    did=_did,
    limit="sign-ins in which no person takes part are not asked for",
)

SIGN_INS: Final = Investigation(
    controls=frozenset({_APPLICATIONS, _ADMINISTRATORS}), ask=ask_sign_ins
)
