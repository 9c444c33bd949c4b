"""Query the activity log for other writes by an incident's actor, and report new ones."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.clock import bounds
from drift.errors import NotUnderstood, SourceUnavailable
from drift.incidents.decision import DecisionContext
from drift.incidents.enrichment import enrich
from drift.incidents.transition_log import names_of
from drift.model import Actor
from drift.outbox.actor_names import shown_name
from drift.ports import Activity, ActivityAnswer, Delete, Put, Write
from drift.queues.messages import ContextMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, incident_ids, keys
from drift.state.incident_record import Incident, load_incident
from drift.state.resource_record import StoredRecord, load_record
from drift.state.update import retry_on_conflict
from drift.trace import trace_at

log: Final = logging.getLogger("drift.incidents.activity_context")

WINDOW: Final = timedelta(hours=1)

_MAX_LINES: Final = 8
"""Lines of context in one alert; the rest are counted."""

_REPORTED_AFTER: Final = 3
"""Consecutive refusals after which the incident reports that the log does not answer."""

_RETRIED_FOR: Final = timedelta(days=1)
"""How long after the opening a refused query is repeated."""

_REASON: Final = "the activity log was asked what else the same actor changed"


@dataclass(frozen=True, slots=True)
class _ContextLines:
    """The lines to report, and the due row of the next query, if one is needed."""

    lines: tuple[str, ...] = ()
    retry: tuple[Put, ...] = ()


def on_context(services: Services, question: ContextMessage) -> Outbound:
    """Query the log once, and report new lines unless the incident has closed meanwhile.

    Raise NotUnderstood for a control of another version.
    """
    if not services.has_control(question.control):
        raise NotUnderstood("control", "this version does not have it")
    incident = _still_open(services, question)
    answer = _query(services, incident, question) if incident else _ContextLines()
    return retry_on_conflict(question.resource, lambda: _store(services, question, answer))


def _query(services: Services, incident: Incident, question: ContextMessage) -> _ContextLines:
    try:
        return _ContextLines(_lines(services, incident))
    except SourceUnavailable as error:
        return _refusal(services, incident, question, error)


def _refusal(
    services: Services, incident: Incident, question: ContextMessage, error: SourceUnavailable
) -> _ContextLines:
    """Return the due row of the next query, and at _REPORTED_AFTER a line that the log refuses."""
    delays, refused = services.config.timing.retry_seconds, question.refused + 1
    delay = max(bounds.nth_of(delays, refused - 1), error.retry_after or 0.0)
    is_last = services.clock() - incident.opened_at > _RETRIED_FOR
    due = None if is_last else bounds.later(services.clock(), bounds.seconds_span(delay))
    _trace_refusal(incident, error, due)
    if due is None:
        return _ContextLines()
    retry = context_row(incident, due, refused=refused)
    actor = _actor(incident)
    lines = (
        (f"Other changes by {shown_name(actor)} are unknown: no answer from {error}.",)
        if actor
        else ()
    )
    return _ContextLines(lines if refused == _REPORTED_AFTER else (), (retry,))


def _trace_refusal(incident: Incident, error: SourceUnavailable, due: datetime | None) -> None:
    trace_at(
        log,
        logging.WARNING,
        "log-query-failed",
        status=error.status or "no answer",
        code=error.code or None,
        retry_after=error.retry_after,
        due=due,
        control=incident.control_id,
        incident=incident_ids.incident_id(
            incident.control_id, incident.resource_id, incident.number
        ),
        number=incident.number,
        **names_of(incident.resource_id),
    )


def context_rows(services: Services, opened: Iterable[Incident]) -> list[Put]:
    """Return the due rows of the queries for the most severe opened incident with a known actor."""
    attributed = [each for each in opened if each.changed_by]
    if not attributed or services.activity_log is None:
        return []
    worst = max(attributed, key=lambda each: each.severity.rank)
    delays = (timedelta(seconds=each) for each in services.config.timing.context_seconds)
    return [context_row(worst, bounds.later(worst.opened_at, each)) for each in delays]


def context_row(incident: Incident, at: datetime, *, refused: int = 0) -> Put:
    """Return the due row of a query at a time; ``refused`` counts the refusals so far."""
    names = keys.digest(incident.resource_id), incident.control_id
    message = ContextMessage(
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        refused=refused,
    )
    return due_rows.due_put(message, at, *names, keys.numbered(incident.number), str(refused))


def _store(services: Services, question: ContextMessage, answer: _ContextLines) -> Outbound:
    """Store the new lines, and delete the question; raise Conflict."""
    done: list[Write] = [*([Delete(question.due)] if question.due else []), *answer.retry]
    stored = load_record(services.store, question.resource)
    incident = _still_open(services, question)
    if incident and not set(answer.lines) <= set(incident.context):
        return _told(services, stored, replace(incident, context=answer.lines), done)
    services.store.commit(keys.partition(question.resource), done)
    return Outbound()


def _told(
    services: Services, stored: StoredRecord, incident: Incident, done: Sequence[Write]
) -> Outbound:
    context = DecisionContext.of(services)
    now = services.clock()
    return enrich(services.store, context, stored, [incident], now=now, reason=_REASON, done=done)


def _still_open(services: Services, question: ContextMessage) -> Incident | None:
    found = load_incident(services.store, question.resource, question.control, question.number)
    return found if found and found.closure is None else None


def _lines(services: Services, incident: Incident) -> tuple[str, ...]:
    """Return the new lines, () where the log has not caught up; raise SourceUnavailable.

    An empty result of a log that is behind proves nothing. "Made no other changes" is reported only
    after other lines, which it replaces.
    """
    actor = _actor(incident)
    if services.activity_log is None or actor is None:
        return ()
    at = incident.event_at or incident.opened_at
    answer = services.activity_log.writes_by(
        actor,
        since=bounds.earlier(at, WINDOW),
        until=services.clock(),
        correlation_id=incident.correlation_id,
    )
    if not answer.caught_up:
        return ()
    others = _others(incident, actor, answer)
    nothing = (f"{shown_name(actor)} made no other changes.",) if incident.context else ()
    return others or nothing


def _actor(incident: Incident) -> Actor | None:
    return incident.opened_by or incident.changed_by


def _others(incident: Incident, actor: Actor, answer: ActivityAnswer) -> tuple[str, ...]:
    """Count the other writes by operation and resource, without the change that opened the incident."""
    others = Counter(_kind_of(each) for each in answer.activities if not _is_own(each, incident))
    who = shown_name(actor)
    lines = [
        f"{who} also made {count} × {operation} on {resource}{outcome}."
        for (operation, resource, outcome), count in others.most_common(_MAX_LINES)
    ]
    left = len(others) - _MAX_LINES
    return (*lines, f"{who} made {left} more kinds of change.") if left > 0 else (*lines,)


def _kind_of(activity: Activity) -> tuple[str, str, str]:
    name = ids.name_of(activity.resource_id)
    return activity.operation, name, "" if activity.succeeded else " (refused)"


def _is_own(activity: Activity, incident: Incident) -> bool:
    """Tell whether an activity is the change that opened the incident."""
    at, whole = incident.event_at, ids.key(incident.resource_id)
    same = f"{ids.key(activity.resource_id)}/".startswith(f"{whole}/")
    return same and at is not None and abs(activity.at - at) < timedelta(minutes=1)
