"""The log lines of an event, an evaluation and what is due after it.

Write each after its commit, so that no line claims what is not in the state. Together with the lines
of ``drift.incidents.transition_log`` and ``drift.delivery.delivery_log`` they answer why an alert or
an all-clear came when it did.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.changes.admission import Admission
from drift.changes.confirmation import confirmation_cause, settle_span
from drift.changes.evaluation import Evaluation
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.config.model import Timing
from drift.events import Event, Fanout
from drift.incidents.attribution import last_event
from drift.incidents.decision import Decision
from drift.incidents.lifecycle import Transition
from drift.incidents.transition_log import names_of, trace_decisions
from drift.model import Outcome
from drift.observation.throttle_gate import WAIT, dependency_of
from drift.queues.outbound import Outbound
from drift.services import AppInfo
from drift.state.due_rows import RECOVER
from drift.state.due_text import due_text_of
from drift.state.resource_record import Record
from drift.trace import trace

log: Final = logging.getLogger("drift.changes.decision")


def trace_admission(
    event: Event, admission: Admission, before: Record, after: Record, *, timing: Timing
) -> None:
    """Log how an event is handled, and what is due because of it."""
    subject = ids.key(event.subject)
    trace(
        log,
        "event-admitted",
        event=event.id,
        admission=admission.name.lower(),
        reason=admission.value,
        subject=event.subject if subject != ids.key(after.id) else None,
        operation=event.operation or None,
        event_at=event.at,
        last_read=_last_read(before, subject),
        reading_until=before.reading_until if admission is Admission.FOLDED else None,
        **names_of(after.id),
    )
    trace_due(before, after, timing)


def _last_read(record: Record, subject: str) -> datetime | None:
    """Return when Azure last answered for the subject of an event, else for the resource."""
    at = record.documents.get(subject, record.documents.get(ids.key(record.id)))
    return bounds.later(at, MARGIN) if at else None


def trace_fanout(fanout: Fanout, follow_up: Outbound) -> None:
    """Log how many resources are evaluated because their verdicts depend on a changed document."""
    messages = len(follow_up.changes) + len(follow_up.background)
    trace(
        log,
        "event-fanned-out",
        event=fanout.event.id,
        event_at=fanout.event.at,
        messages=messages,
        reason=None if messages else "no stored verdict depends on this resource",
        **names_of(fanout.document),
    )


def trace_evaluation(
    evaluation: Evaluation,
    decisions: Iterable[Decision],
    *,
    app: AppInfo,
    timing: Timing,
    before: Record,
    after: Record,
) -> None:
    """Log an evaluation, its decisions, the reads that a gate stopped, and what is due next."""
    decided, event = tuple(decisions), last_event(evaluation.taken.pending)
    is_read = evaluation.observation.properties is not None
    _trace_reads(evaluation, decided, event, app=app, after=after)
    _trace_gated(evaluation)
    trace_decisions(
        after.id,
        decided,
        timing=timing,
        event_id=event.id if event else "",
        read_at=evaluation.observation.at if is_read else None,
    )
    if not after.absent_at:  # the proof of a deletion answers every earlier event
        _trace_proofs(evaluation, settle_span(timing), before, after)
    trace_due(before, after, timing)


def _trace_reads(
    evaluation: Evaluation,
    decisions: Sequence[Decision],
    event: Event | None,
    *,
    app: AppInfo,
    after: Record,
) -> None:
    """Log why an evaluation was made, what its reads answered, and which controls fail."""
    observation = evaluation.observation
    is_answered = observation.properties is not None or observation.gone
    trace(
        log,
        "evaluation",
        reasons=sorted(evaluation.reasons) or ("event",),
        purpose=evaluation.purpose.name.lower() if evaluation.purpose else None,
        event=event.id if event else None,
        event_at=event.at if event else None,
        began=observation.began,
        read_at=observation.at if is_answered else None,
        answer=_answer(evaluation),
        unread=tuple(map(str, observation.failures)) or None,
        failing=_controls(decisions, Outcome.FAIL) or None,
        unknown=_controls(decisions, Outcome.UNKNOWN) or None,
        unchanged=sum(each.step is Transition.STILL_FINE for each in decisions),
        phi=after.phi,
        version=app.code_version,
        config=app.config_hash,
        **names_of(after.id),
    )


def _trace_gated(evaluation: Evaluation) -> None:
    """Log each read that was not made because its source had asked to wait."""
    for dependency, until in _gated(evaluation):
        trace(
            log,
            "read-gated",
            reason="the source asked to wait",
            until=until,
            dependency=dependency,
            **names_of(evaluation.taken.id),
        )


def trace_share(record: Record, until: datetime | None) -> None:
    """Log until when a read waits because earlier reads have used up its share."""
    if until is None:
        return
    trace(
        log,
        "read-gated",
        reason="the monitor's own share of ARM reads for confirmations and background is used up",
        until=until,
        **names_of(record.id),
    )


def trace_due(before: Record, after: Record, timing: Timing) -> None:
    """Log each new time at which the resource is due, and why."""
    cause = confirmation_cause(after, timing)
    for reason, at in sorted(after.due.items(), key=lambda item: item[1]):
        if reason == RECOVER or before.due.get(reason) == at:
            continue
        trace(
            log,
            "reread-due",
            due=reason,
            at=at,
            reason=due_text_of(reason, cause),
            **names_of(after.id),
        )


def _trace_proofs(evaluation: Evaluation, settle: timedelta, before: Record, after: Record) -> None:
    """Log for each owed document whether the evaluation proves its events, and if not, why."""
    evidence = evaluation.evidence(settle)
    for document, owed in {**after.owed, **before.owed}.items():
        proof = evidence.proof(document, owed)
        trace(
            log,
            "proof",
            document=document,
            proof=proof.name.lower(),
            reason=proof.value,
            oldest=owed.oldest,
            newest=owed.newest,
            proved_from=bounds.later(owed.last, settle),
            **names_of(after.id),
        )


def _answer(evaluation: Evaluation) -> str:
    observation = evaluation.observation
    if observation.gone:
        return "absent"
    if observation.properties is None:
        return "unreadable"
    return "read" if observation.own is None or observation.own.is_final else "changing"


def _controls(decisions: Iterable[Decision], outcome: Outcome) -> tuple[str, ...]:
    return tuple(each.control_id for each in decisions if each.state.outcome is outcome)


def _gated(evaluation: Evaluation) -> Iterator[tuple[str, datetime]]:
    """Yield each dependency that was not read because it had asked to wait, and until when."""
    waits = {
        dependency_of(each.what): each.retry_after or 0.0
        for each in evaluation.observation.failures
        if each.code == WAIT
    }
    for dependency, seconds in waits.items():
        yield (
            dependency,
            bounds.later(evaluation.observation.began, bounds.seconds_span(seconds)),
        )
