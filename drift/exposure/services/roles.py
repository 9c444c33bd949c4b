"""Ask the logs what was done with a privileged role, and with an emergency access account.

An identity of the tenant may be yours or stolen: the log does not show which. So what it did is
counted, and access stays possible.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from drift import ids
from drift.access.ports import MOST_ROWS
from drift.access.record import Exposure
from drift.exposure.callers import CallerKind, Use
from drift.exposure.case import Case, Investigation
from drift.exposure.coverage import arrival_of, coverage_of
from drift.exposure.log_proof import WHOLE
from drift.exposure.questions import LogRow, Questions
from drift.exposure.trail import Phrases, Trail, answer_of
from drift.exposure.wording import number, span
from drift.log_feed.sign_ins import TYPE as SIGN_INS_TYPE
from drift.model import Evidence

_LOGGING: Final = "ACTIVITY-LOG-EXPORT"
"""The control that requires a subscription to send its activity log to the workspace."""

_HANDING_OUT: Final = (
    *("listKeys", "readonlykeys", "listConnectionStrings", "listCredentials", "listSecrets"),
    *("listAccountSas", "listServiceSas", "beginGetAccess", "regenerateKey"),
)
"""Actions that answer with a key, a token or a link, with which data can be read by anybody."""

_PRINCIPAL: Final = "#properties.principalId"
_MOST_PRINCIPALS: Final = 200


def ask_roles(case: Case) -> Exposure:
    """Return what the principals that hold a privileged role without approval did in the window."""
    asked, principals = case.questions(), _principals(case.evidence)
    subscription = ids.subscription_of(case.resource)
    proof = asked.proof("activity_coverage", subscription=subscription)
    logging = case.controls.get(_LOGGING)
    coverage = (
        coverage_of(case.window, logging, proof, now=asked.now, of="subscription")
        if subscription
        else _unsure(arrival_of(case.window, proof, now=asked.now, of="management group"))
    )
    rows = _operations(asked, principals, subscription) if principals else None
    lack = asked.lack_of("role_use") if principals else "the principals are not known"
    trail = _trail(case, asked, rows, lack or coverage)
    return answer_of(trail, now=asked.now)


def ask_emergency(case: Case) -> Exposure:
    """Return how often an emergency access account was used, and what it did in Azure."""
    asked, account = case.questions(), ids.name_of(case.resource)
    proofs = (
        asked.proof("sign_in_coverage"),
        asked.proof("activity_coverage", subscription=""),
    )
    window = replace(case.window, since=asked.since)
    lacks = [arrival_of(window, each, now=asked.now, of="tenant") for each in proofs]
    sign_ins = asked.rows("emergency_use", account=account)
    rows = _operations(asked, (account,), "")
    refused = asked.lack_of("emergency_use") or asked.lack_of("role_use")
    coverage = refused or _unsure(next((each for each in lacks if each != WHOLE), WHOLE))
    trail = _trail(case, asked, rows, coverage)
    known = replace(
        trail,
        asides=(*_signed_in(sign_ins or ()), *trail.asides),
        flows=trail.flows + sum(each["SignIns"] for each in sign_ins or ()),
    )
    return answer_of(known, now=asked.now)


def _unsure(arrival: str) -> str:
    """Return what a log may lack of which no control of the resource says whether it was on."""
    return arrival if arrival != WHOLE else "it is not known whether the log was on all that time"


def _principals(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the object ids in the evidence of privileged roles."""
    found = {each for one in evidence for each in _named(one)}
    return tuple(sorted(found))[:_MOST_PRINCIPALS]


def _named(evidence: Evidence) -> Iterator[str]:
    """Yield the principals of an assignment, or those that a delegation authorizes."""
    if isinstance(evidence.value, str) and evidence.path.endswith(_PRINCIPAL):
        yield evidence.value.lower()
    if isinstance(evidence.value, Sequence) and not isinstance(evidence.value, str):
        for each in evidence.value:
            principal = each.get("principalId") if isinstance(each, Mapping) else None
            if isinstance(principal, str):
                yield principal.lower()


def _operations(
    asked: Questions, principals: Sequence[str], subscription: str
) -> Sequence[LogRow] | None:
    return asked.rows(
        "role_use",
        subscription=subscription,
        principals=principals,
        assigned=[each.replace("-", "") for each in principals],
        handing_out=_HANDING_OUT,
    )


def _trail(case: Case, asked: Questions, rows: Sequence[LogRow] | None, coverage: str) -> Trail:
    uses = [
        Use.logged({**each, "Proof": "role"}, reads=each["Operations"], unclear=each["HandedOut"])
        for each in rows or ()
    ]
    return Trail(
        window=case.window,
        phrases=replace(_PHRASES, nothing=_NO_READ) if uses else _PHRASES,
        coverage=coverage,
        uses=None if rows is None else tuple((CallerKind.UNCLEAR, each) for each in uses),
        inquiries=asked.inquiries,
        asides=tuple(_operated(uses)),
        flows=sum(each.reads for each in uses),
    )


def _operated(uses: Sequence[Use]) -> Iterator[str]:
    """Yield what was done with the roles, in numbers, if anything was."""
    if not uses:
        return
    least = "at least " if len(uses) >= MOST_ROWS else ""
    who = number(len({each.principal for each in uses}), "identity", "identities")
    times = _span((each.first for each in uses), (each.last for each in uses))
    yield f"{least}{who} {_did(uses)}, {times}"


def _did(uses: Sequence[Use]) -> str:
    done = number(sum(each.reads for each in uses), "operation", "operations")
    keys = sum(each.unclear for each in uses)
    return f"did {done} in Azure, {keys:,} of them to get keys, tokens or links"


def _signed_in(rows: Sequence[LogRow]) -> Iterator[str]:
    """Yield how often the account was tried, and from how many addresses."""
    if not rows:
        return
    least = "at least " if len(rows) >= MOST_ROWS else ""
    done, failed = (sum(each[name] for each in rows) for name in ("SignIns", "Failures"))
    signed_in = f"{least}{number(done, 'sign-in', 'sign-ins')} of the account"
    tries = f"{number(failed, 'try', 'tries')} that failed"
    places = number(len({each["Address"] for each in rows}), "address", "addresses")
    times = _span((each["First"] for each in rows), (each["Last"] for each in rows))
    yield f"{signed_in} and {tries} from {places}, {times}"


def _span(firsts: Iterator[Any], lasts: Iterator[Any]) -> str:
    first: datetime | None = min((each for each in firsts if each), default=None)
    last: datetime | None = max((each for each in lasts if each), default=None)
    return span(first, last)


_NO_READ: Final = "no read of data with the role"
_PHRASES: Final = Phrases(
    caller=("identity", "identities"),
    question="whether PHI was read with the role",
    nothing="no operation with the role",
    did=_did,
    limit="the activity log has changes and actions, but no reads of data",
)

ROLES: Final = Investigation(controls=frozenset({"ROLE-PRIVILEGED-ASSIGNMENT"}), ask=ask_roles)
EMERGENCY: Final = Investigation(
    controls=frozenset({"BREAK-GLASS"}), ask=ask_emergency, only=SIGN_INS_TYPE
)
