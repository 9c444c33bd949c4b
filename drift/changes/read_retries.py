"""Decide when a failed read is retried: after the delays of ``timing.retry_seconds``."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drift.changes.evaluation import Evaluation
from drift.clock import bounds
from drift.observation.throttle_gate import WAIT, dependency_of
from drift.state.due_rows import RETRY
from drift.state.resource_record import Record


def schedule_retry(
    record: Record, evaluation: Evaluation, *, now: datetime, delays: Sequence[float]
) -> tuple[Record, datetime | None]:
    """Return the record with its attempts counted, and when to retry, None if all was read.

    A read that was not made because its source had asked to wait is not an attempt. A read that is
    already due again is not delayed by reads that fail until then. A read that fails for the first
    time starts with the first delay: a list that is refused for days must not make an account wait
    for an hour.
    """
    failures = evaluation.observation.failures
    if not failures:
        return replace(record, attempts=0), None
    fresh = _is_fresh(evaluation)
    waiting = record.due.get(RETRY)
    if waiting and waiting <= now and RETRY in evaluation.reasons:
        waiting = None
    attempts = 0 if fresh else record.attempts
    at = now + timedelta(seconds=bounds.nth_of(delays, attempts))
    if waiting and not fresh:
        at = waiting
    elif any(each.code != WAIT for each in failures):
        attempts += 1
    asked = max(each.retry_after or 0.0 for each in failures)
    return replace(record, attempts=attempts), max(
        at, bounds.later(now, bounds.seconds_span(asked))
    )


def _is_fresh(evaluation: Evaluation) -> bool:
    """Tell whether nothing answered an event at all, or a dependency fails that did not fail before."""
    unanswered = not evaluation.saw and evaluation.has_new_events
    failing = {dependency_of(each.what) for each in evaluation.observation.failures}
    return unanswered or bool(failing - evaluation.taken.failing.keys())
