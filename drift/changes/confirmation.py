"""Decide when owed documents are read again: after 5 and 20 s, and once every replica has caught up."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.changes.proof import Proof, ReadProof, answered_at, owed_by_documents
from drift.clock import bounds
from drift.config.model import Timing
from drift.model import Outcome
from drift.state.due_text import ConfirmationCause
from drift.state.resource_record import Owed, Record

_FINE: Final = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE})
"""Outcomes that end an open incident once they are settled."""

QUICK_SECONDS: Final = (5.0, 20.0)
"""Delays after which only the named document is read again, if a first read shows nothing new."""

AFTER_SETTLING: Final = timedelta(seconds=5)
"""A confirmation is due this long after ``settle_seconds``, because Azure's clock and ours may differ."""

UNFINISHED_SECONDS: Final = (60.0, 120.0, 300.0, 600.0, 3600.0)
"""When a document that is still being changed is read again; the last delay repeats."""


def settle_span(timing: Timing) -> timedelta:
    """Return how far a replica may be behind."""
    return timedelta(seconds=timing.settle_seconds)


def confirmation_time(
    owed: Owed, timing: Timing, *, not_before: datetime | None = None
) -> datetime:
    """Return when to confirm: after the newest event and ``not_before``, but never after the limit."""
    settle = settle_span(timing)
    due = bounds.later(owed.newest, settle + AFTER_SETTLING)
    latest = bounds.later(owed.oldest, 2 * settle)
    return min(max(due, not_before) if not_before else due, latest)


def next_confirmation(record: Record, timing: Timing) -> datetime | None:
    """Return when to confirm the first of what is owed, None where nothing is owed."""
    times = (confirmation_time(each, timing) for each in owed_by_documents(record).values())
    return min(times, default=None)


def confirmation_cause(record: Record, timing: Timing) -> ConfirmationCause:
    """Return why a confirmation is due.

    The answers that the record holds may be too early to prove what is owed, or they show a
    document that Azure was still changing. A resource that answered 404 may be deleted.
    """
    if record.gone_at:
        return ConfirmationCause.ABSENT
    answers, settle = answered_at(record), settle_span(timing)
    for shown, each in owed_by_documents(record).items():
        proves = bounds.later(each.last, settle)
        if any(name not in answers or answers[name] < proves for name in shown):
            return ConfirmationCause.REPLICA
    return ConfirmationCause.UNFINISHED if record.unfinished else ConfirmationCause.REPLICA


def documents_to_confirm(record: Record, now: datetime, timing: Timing) -> frozenset[str]:
    """Return the documents that a confirmation reads now: those whose time has come, or else all.

    It also reads all if an all-clear waits, because that needs an answer about each of them in one
    evaluation.
    """
    owed = owed_by_documents(record)
    due = [shown for shown, each in owed.items() if confirmation_time(each, timing) <= now]
    if any(each.open and each.outcome in _FINE for each in record.controls.values()):
        due = list(owed)
    return frozenset(document for shown in due or owed for document in shown)


def following_confirmation(
    record: Record,
    evidence: ReadProof,
    now: datetime,
    timing: Timing,
    *,
    asked: Collection[str],
    with_cause: Collection[str],
) -> datetime | None:
    """Return when to confirm what is owed after an evaluation.

    None: nothing is owed, or a retry reads the owed documents anyway.

    ``asked`` are the documents that the evaluation read: their answer came too early, so the next
    read is a little later. The others keep their time, even if it has passed, so that an event
    about another document does not delay them. ``with_cause`` are those whose answer has just shown
    who most likely made a change: a confirmation that waits until ``settle_seconds`` after the
    answer proves that as well.
    """
    proofs = {subject: evidence.proof(subject, each) for subject, each in record.owed.items()}
    early = {name: record.owed[name] for name, proof in proofs.items() if proof is Proof.TOO_EARLY}
    times = []
    for shown, each in owed_by_documents(replace(record, owed=early)).items():
        answered = [evidence.answers[name].at for name in shown if name in with_cause]
        proves = bounds.later(min(answered), settle_span(timing)) if answered else None
        due = confirmation_time(each, timing, not_before=proves)
        is_repeated = due <= now and any(name in asked for name in shown)
        times.append(now + AFTER_SETTLING if is_repeated else due)
    if Proof.UNFINISHED in proofs.values():
        times.append(now + _unfinished_delay(record.unfinished_reads))
    return min(times, default=None)


def _unfinished_delay(reads: int) -> timedelta:
    return timedelta(seconds=bounds.nth_of(UNFINISHED_SECONDS, reads - 1))


def quick_times(now: datetime) -> tuple[datetime, ...]:
    """Return when a document that showed nothing new is read again."""
    return tuple(now + timedelta(seconds=each) for each in QUICK_SECONDS)
