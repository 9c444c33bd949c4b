"""Report events that Event Grid could not deliver, as MONITOR-SELF: they wait as blobs in a container.

It reports their number and age, never their content. The report ends once the container is empty. A
container that cannot be read is MONITOR-BLIND, as for every other source.
"""

from datetime import UTC, datetime
from typing import Final

from drift.codec import time_in, versioned
from drift.controls.monitor_controls import BLIND, SELF
from drift.errors import NotUnderstood, SourceUnavailable
from drift.estate import Scope
from drift.fixes import Fix
from drift.model import Control, Evidence, Outcome, Verdict
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.dead_letters import DeadLetterBox, DeadLetters
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.self_monitoring.monitor_blind import affected_key, patience
from drift.state import keys
from drift.state.resource_record import load_record

SUBJECT: Final = "/providers/phidrift/deadletters/events"
"""Stands where the id of a resource would stand."""

_SHARD: Final = keys.partition(SUBJECT)
_KEY: Final = affected_key(SUBJECT, SUBJECT)
_PHI: Final = Scope(None, "the events may concern PHI")
_FIX: Final = Fix(
    note="Read the field deadLetterReason in one of the blobs, and repair the cause that it names. Start a "
    "sweep: it finds the drift that the events reported. Then delete the blobs: az storage blob delete-batch "
    "--account-name <the monitor's account> --source dead-letters --auth-mode login"
)
_UNREAD: Final = Fix(
    note="Give the monitor's identity the role Storage Blob Data Reader on the container dead-letters, and "
    "let the network of the account admit it."
)


def is_dead_letters(dependency: str) -> bool:
    """Tell whether a dependency stands for the events that could not be delivered."""
    return dependency == SUBJECT


def ask(store: Store, box: DeadLetterBox | None) -> Outbound:
    """Return the message that makes a host read the container, if one is configured or was reported."""
    try:
        is_needless = box is None and not _is_open(store, SELF)
    except NotUnderstood:
        is_needless = False  # the message waits for the version that wrote the record
    if is_needless:
        return Outbound()
    return Outbound(background=(BlindMessage(dependency=SUBJECT).text,))


def on_dead_letters(reporter: SelfReporter, box: DeadLetterBox | None, due_key: str) -> Outbound:
    """Open, update or close the incidents of the container by what it holds now."""
    store = reporter.store
    row = store.get(_SHARD, _KEY)
    done: list[Write] = [Delete(due_key)] if due_key else []
    try:
        found = box.waiting() if box else None
    except SourceUnavailable as error:
        return _unread(reporter, row, error, done)
    told = Outbound()
    if row is not None:
        again = Report(Verdict(Outcome.PASS, "The dead letters can be read again."), _PHI)
        told = reporter.apply(SUBJECT, BLIND, lambda: again, done=[Delete(_KEY)])
    report = _report(found)
    if report.verdict.outcome is not Outcome.FAIL and not _is_open(store, SELF):
        store.commit(_SHARD, done)
        return told
    return told + reporter.apply(SUBJECT, SELF, lambda: report, done=done)


def _unread(
    reporter: SelfReporter, row: Row | None, error: SourceUnavailable, done: list[Write]
) -> Outbound:
    """Store since when the container cannot be read; report it if this lasts."""
    now = reporter.clock()
    since = time_in(row.data, "since") if row else now
    if row is None:
        data = {"resource": SUBJECT, "dependency": SUBJECT, "phi": True, "since": since.isoformat()}
        done.append(Put(_KEY, versioned(data)))
    if now - since < patience(reporter.config.timing):
        reporter.store.commit(_SHARD, done)
        return Outbound()
    why = (
        f"The dead letters of Event Grid have not been readable since {_moment(since)}: {error}. It is "
        "not known whether Event Grid could not deliver some events."
    )
    evidence = (Evidence(f"affected[{SUBJECT}]", "unreadable", "readable"),)
    report = Report(Verdict(Outcome.FAIL, why, evidence, fix=_UNREAD), _PHI)
    return reporter.apply(SUBJECT, BLIND, lambda: report, done=done)


def _report(found: DeadLetters | None) -> Report:
    if found is None:
        why = "The monitor's storage has no container of dead letters."
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    if not found.count:
        return Report(Verdict(Outcome.PASS, "No dead letter is left."), _PHI)
    least = "" if found.is_whole else "At least "
    files = "1 file of events" if found.count == 1 else f"{found.count} files of events"
    wait = "waits" if found.count == 1 else "wait"
    why = (
        f"{least}{files} {wait} in the container dead-letters, because Event Grid could not deliver them to "
        f"the monitor; the oldest is from {_moment(found.oldest)}. "
        "Only a sweep finds the drift that they report."
    )
    evidence = (Evidence(f"deadLetters[{_moment(found.oldest)}]", _size(found.count), "none"),)
    return Report(Verdict(Outcome.FAIL, why, evidence, fix=_FIX), _PHI, accumulates=False)


def _size(count: int) -> str:
    """Return the order of magnitude of the count: only another order is reported as an update."""
    return f"at least {10 ** (len(str(count)) - 1)}"


def _is_open(store: Store, control: Control) -> bool:
    state = load_record(store, SUBJECT).record.controls.get(control.id)
    return state is not None and state.open


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "an unknown time"
