"""Decide when what is owed is read again: quickly after 5 and 20 s, and once every replica has caught up."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from drift.changes.proof import Proof, ReadProof
from drift.config.model import Timing
from drift.state.resource_record import Owed, Record

QUICK_SECONDS: Final = (5.0, 20.0)
"""After a first read that shows nothing new, the named document alone is read again so much later."""

AFTER_SETTLING: Final = timedelta(seconds=5)
"""A confirmation is due so long after ``settle_seconds``: Azure's clock and ours may differ a little."""

UNFINISHED_SECONDS: Final = (60.0, 120.0, 300.0, 600.0, 3600.0)
"""When a document that is still being changed is read again; the last delay repeats."""


def settle_span(timing: Timing) -> timedelta:
    """Return how far a replica may be behind."""
    return timedelta(seconds=timing.settle_seconds)


def confirmation_time(owed: Iterable[Owed], timing: Timing) -> datetime | None:
    """Return when to confirm: after the newest event; new events delay it only up to a limit."""
    all_of, settle = list(owed), settle_span(timing)
    if not all_of:
        return None
    newest, oldest = max(each.newest for each in all_of), min(each.oldest for each in all_of)
    return min(newest + settle + AFTER_SETTLING, oldest + 2 * settle)


def next_confirmation(
    record: Record, evidence: ReadProof, now: datetime, timing: Timing
) -> datetime | None:
    """Return when to confirm what is owed now, None where nothing is, or where a retry confirms it."""
    proofs = {subject: evidence.proof(subject, each) for subject, each in record.owed.items()}
    early = (record.owed[name] for name, proof in proofs.items() if proof is Proof.TOO_EARLY)
    due = confirmation_time(early, timing)
    times = [max(due, now + AFTER_SETTLING)] if due else []
    if Proof.UNFINISHED in proofs.values():
        times.append(now + _unfinished_delay(record.unfinished_reads))
    return min(times, default=None)


def _unfinished_delay(reads: int) -> timedelta:
    return timedelta(seconds=UNFINISHED_SECONDS[min(max(reads, 1), len(UNFINISHED_SECONDS)) - 1])


def quick_times(now: datetime) -> tuple[datetime, ...]:
    """Return when a document that showed nothing new is read again."""
    return tuple(now + timedelta(seconds=each) for each in QUICK_SECONDS)
