"""Tell each sign-in of an emergency access account, as BREAK-GLASS, until none was seen for a day.

Only a person knows whether a sign-in was an emergency, a drill or an attack. So every one is told, also
one that failed, and the end of the incident does not say that a sign-in was justified.
"""

from datetime import timedelta
from typing import Final

from drift import ids
from drift.controls.monitor_controls import SIGN_IN
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.exposure.schedule import investigation_rows
from drift.fixes import Fix
from drift.incidents.decision import Decision, changed_incidents
from drift.log_feed.sign_ins import SignIn, SignIns, compare_put, find_sign_ins
from drift.model import Evidence, Outcome, Verdict
from drift.ports import Delete, Put, Store, Write
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.state import keys

QUIET: Final = timedelta(hours=24)
"""How long the log shows no new sign-in of an account before its incident ends."""

_PHI: Final = Scope(None, "the account can read all PHI")
_FIX: Final = Fix(
    note="Ask everybody who can use the account whether this was an emergency or a drill. If not: block the "
    "account, revoke its sessions and replace its credentials, while another emergency access account "
    "works. After a drill, add its date to break_glass.drills in monitor.toml."
)


def on_sign_ins(reporter: SelfReporter, subject: str, due_key: str, *, is_asked: bool) -> Outbound:
    """Open, update or close the incident of an account, and look again a day after its last sign-in.

    ``is_asked``: there is a log to ask what the account did.
    """
    done: list[Write] = [Delete(due_key)] if due_key else []
    found = _found(reporter.store, subject)
    if found is None:
        reporter.store.commit(keys.partition(subject), done)
        return Outbound()
    if not _is_over(reporter, found):
        done.append(compare_put(subject, found.noted + QUIET))

    def following(decision: Decision) -> list[Put]:
        return investigation_rows(changed_incidents([decision]), is_asked=is_asked)

    def assess() -> Report | None:
        return _report(reporter, subject)

    return reporter.apply(subject, SIGN_IN, assess, done=done, following=following)


def _found(store: Store, subject: str) -> SignIns | None:
    try:
        return find_sign_ins(store, ids.name_of(subject))
    except NotUnderstood:
        return None  # the version that wrote it tells it


def _is_over(reporter: SelfReporter, found: SignIns) -> bool:
    return reporter.clock() >= found.noted + QUIET


def _report(reporter: SelfReporter, subject: str) -> Report | None:
    found, account = _found(reporter.store, subject), ids.name_of(subject)
    if found is None or not found.newest:
        return None
    if account not in reporter.config.baseline.break_glass_accounts:
        why = f"Account {account} is no longer an emergency access account: monitor.toml does not name it."
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    if _is_over(reporter, found):
        why = (
            f"The log shows no new sign-in of emergency access account {account} for "
            f"{QUIET // timedelta(hours=1)} hours. The monitor does not know whether the "
            "earlier ones were justified."
        )
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    return Report(_used(found), _PHI, accumulates=False)


def _used(found: SignIns) -> Verdict:
    """Return who signed in, from where and when: the last sign-in that succeeded, else the last try."""
    recent = [each for each in found.newest if each.at > found.newest[0].at - QUIET]
    last = next((each for each in recent if each.succeeded), recent[0])
    verb = "signed in" if last.succeeded else f"failed to sign in (code {last.result})"
    application = f" to {last.application}" if last.application else ""
    more = f" {_more(recent)}" if len(recent) > 1 else ""
    why = (
        f"Emergency access account {last.name} {verb}{application} from {_place(last)} "
        f"at {last.at:%Y-%m-%d %H:%M:%S} UTC.{more}"
    )
    evidence = tuple(_evidence(each) for each in recent)
    return Verdict(Outcome.FAIL, why, evidence, fix=_FIX)


def _more(recent: list[SignIn]) -> str:
    succeeded = sum(each.succeeded for each in recent)
    return (
        f"The evidence has the newest sign-ins within a day: {succeeded} succeeded, "
        f"{len(recent) - succeeded} failed."
    )


def _evidence(sign_in: SignIn) -> Evidence:
    """Return the proof of a sign-in; one sign-in may leave several rows in the same second."""
    result = "succeeded" if sign_in.succeeded else f"failed with code {sign_in.result}"
    at = sign_in.at.isoformat(timespec="milliseconds")
    return Evidence(f"signIn[{at}]", f"{result}, from {_place(sign_in)}", "no sign-in")


def _place(sign_in: SignIn) -> str:
    return sign_in.address or "an unknown address"
