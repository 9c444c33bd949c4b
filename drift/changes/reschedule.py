"""Decide what must happen to a resource later: confirm, retry, poll, report that it is unknown."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from drift.changes.admission import next_read
from drift.changes.confirmation import AFTER_SETTLING, following_confirmation, settle_span
from drift.changes.evaluation import Evaluation, is_deleted
from drift.changes.proof import newest_owed_event
from drift.changes.read_retries import schedule_retry
from drift.clock import bounds
from drift.config.model import Config, Timing
from drift.controls.exceptions import exception_for
from drift.incidents.decision import Decision
from drift.model import Outcome
from drift.ports import Write
from drift.state import due_rows
from drift.state.due_rows import cancel, of_newer_version, wake_at
from drift.state.resource_record import Record


def reschedule(
    record: Record,
    evaluation: Evaluation,
    decisions: Sequence[Decision],
    *,
    config: Config,
    now: datetime,
) -> tuple[Record, list[Write]]:
    """Return the record after an evaluation with its due times, and the due rows."""
    delays = config.timing.retry_seconds
    record, again = schedule_retry(record, evaluation, now=now, delays=delays)
    wanted = (
        {}
        if is_deleted(evaluation, config.timing)
        else _due_times(record, evaluation, decisions, config=config, now=now)
    )
    wanted |= of_newer_version(record, now)
    if again:
        wanted[due_rows.RETRY] = again
    if doubts := [wanted[each] for each in (due_rows.RETRY, due_rows.SETTLE) if each in wanted]:
        # What the next evaluation finds still counts as found by the sweep.
        wanted |= dict.fromkeys(evaluation.swept, min(doubts))
    record, writes = cancel(record, record.due)
    for reason, at in wanted.items():
        record, puts = wake_at(record, reason, at)
        writes += puts
    return record, writes


def _due_times(
    record: Record,
    evaluation: Evaluation,
    decisions: Sequence[Decision],
    *,
    config: Config,
    now: datetime,
) -> dict[str, datetime]:
    timing, observation = config.timing, evaluation.observation
    due: dict[str, datetime] = {}
    if confirm := _confirmation(record, evaluation, decisions, timing=timing, now=now):
        due[due_rows.SETTLE] = confirm
    if record.quick and record.quick_at:
        due[due_rows.QUICK] = record.quick_at[0]
    if observation.silent_since:
        due[due_rows.POLL] = bounds.later(
            observation.silent_since, timedelta(minutes=timing.poll_minutes)
        )
    if ends := list(_exceptions_end(config, record.id, decisions, now)):
        due[due_rows.CONFIG] = min(ends)
    if waiting := list(_unknown_untold(decisions)):
        due[due_rows.UNKNOWN] = bounds.later(
            min(waiting), timedelta(seconds=timing.unknown_seconds)
        )
    if record.wanted > evaluation.taken.wanted:
        due[due_rows.TRAILING] = next_read(record, now, timing)
    return due


def _confirmation(
    record: Record,
    evaluation: Evaluation,
    decisions: Iterable[Decision],
    *,
    timing: Timing,
    now: datetime,
) -> datetime | None:
    """Return when to confirm owed events, or that a resource that answers 404 is deleted."""
    if record.gone_at:
        lasted = bounds.later(record.gone_at, timedelta(seconds=timing.deleted_seconds))
        newest = newest_owed_event(record)
        proof = settle_span(timing) + AFTER_SETTLING
        proved = bounds.later(newest, proof) if newest else lasted
        return max(now, lasted, proved)
    if not evaluation.saw:
        return None  # the retry reads it, and then confirms what is owed
    evidence = evaluation.evidence(settle_span(timing))
    has_cause = any(each.incident and each.incident.is_likely for each in decisions)
    named = evaluation.answers_to_events if has_cause else ()
    has_asked = due_rows.SETTLE in evaluation.reasons  # a limit may have left no read of some
    asked = evidence.answers.keys() if has_asked else evaluation.documents_read
    return following_confirmation(record, evidence, now, timing, asked=asked, with_cause=named)


def _exceptions_end(
    config: Config, resource_id: str, decisions: Iterable[Decision], now: datetime
) -> Iterable[datetime]:
    """Yield when each exception that covers a failure of the resource expires."""
    for each in decisions:
        if each.state.outcome is Outcome.EXCEPTED:
            exemption = exception_for(config, each.control_id, resource_id, now)
            if exemption:
                yield exemption.expires


def _unknown_untold(decisions: Iterable[Decision]) -> Iterable[datetime]:
    states = (each.state for each in decisions)
    return (each.unknown_since for each in states if each.unknown_since and not each.unknown_told)
