"""Collect the data with which the verdicts of an evaluation are compared."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from drift import ids
from drift.arm.operations import can_write
from drift.changes.evaluation import Evaluation, found_by
from drift.changes.proof import answered_at
from drift.incidents.attribution import last_event
from drift.incidents.decision import DecisionInput
from drift.incidents.read_times import ReadTimes
from drift.observation.snapshot import carried_snapshot, comparable
from drift.outbox.entry import Moment
from drift.state.incident_record import Incident
from drift.state.resource_record import Record, StoredRecord


def inputs_of(
    stored: StoredRecord,
    evaluation: Evaluation,
    *,
    incidents: Mapping[str, Incident],
    seen: Mapping[str, Any] | None,
    config_hash: str,
    settle: timedelta,
    now: datetime,
) -> DecisionInput:
    """Return the data with which the verdicts of an evaluation are compared.

    ``incidents`` are open, by control; ``seen`` has the watched properties; ``config_hash`` is that of
    the configuration in force.
    """
    record = stored.record
    answered = tuple(each.at for each in evaluation.answers.values())
    return DecisionInput(
        resource_id=record.id,
        states=record.controls,
        open=incidents,
        events=record.pending,
        before=stored.snapshot,
        after=comparable(stored.snapshot or {}, seen or {}, record.id, evaluation.taken.documents),
        rules_changed=bool(record.config_hash) and record.config_hash != config_hash,
        moment=_moment(evaluation, max(answered, default=evaluation.observation.at), now),
        began=evaluation.observation.began,
        answered=answered,
        reads=_read_times(record, evaluation, settle),
        answered_now=tuple(evaluation.new_answers.values()),
        doubtful=bool(evaluation.observation.failures),
        overtaken=evaluation.is_overtaken(record.owed, settle),
        found=found_by(evaluation),
        origin=record.moved_from,
        numbers_after=record.numbers_after,
    )


def _moment(evaluation: Evaluation, read_at: datetime, now: datetime) -> Moment:
    event = last_event(each for each in evaluation.taken.pending if can_write(each.operation))
    return Moment(
        read_at=read_at,
        decided_at=now,
        event_id=event.id if event else "",
        event_at=event.at if event else None,
    )


def _read_times(record: Record, evaluation: Evaluation, settle: timedelta) -> ReadTimes:
    """Return when the reads of this evaluation and of the last one were answered, by document."""
    taken = evaluation.taken
    answers = evaluation.answers
    return ReadTimes(
        owner=ids.key(taken.id),
        settle=settle,
        at=evaluation.observation.at,
        now={name: each.at for name, each in answers.items()},
        before=answered_at(taken),
        moving=frozenset(name for name, each in answers.items() if not each.is_final),
        forgotten=record.forgotten,
    )


def seen_after(stored: StoredRecord, evaluation: Evaluation) -> Mapping[str, Any] | None:
    """Return the watched properties of the last read: this one, or an earlier one if nothing was read now."""
    if evaluation.observation.properties is None:
        return stored.snapshot
    return carried_snapshot(
        stored.snapshot or {},
        evaluation.observation.properties,
        stored.record.id,
        evaluation.observation.asked,
    )
