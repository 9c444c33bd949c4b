"""Ask the activity log what else the actor of an incident wrote, and report it if it adds anything."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.errors import SourceUnavailable
from drift.incidents.enrichment import enrich
from drift.model import Actor
from drift.outbox.actor_names import shown_name
from drift.ports import Activity, ActivityAnswer, Delete, Put, Write
from drift.queues.messages import ContextMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.incident_record import Incident, load_incident
from drift.state.resource_record import load_record
from drift.state.update import retry_on_conflict
from drift.trace import trace_at

log: Final = logging.getLogger("drift.incidents.activity_context")

WINDOW: Final = timedelta(hours=1)

_LINES: Final = 8
"""Lines of context one alert carries; the rest are counted."""

_SAID_AFTER: Final = 3
"""Refusals in a row after which the incident says that the log does not answer."""

_ASKED_FOR: Final = timedelta(days=1)
"""How long a log that refuses is asked again about one incident."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The lines to report, and the row that asks the question again where it must be."""

    lines: tuple[str, ...] = ()
    later: tuple[Put, ...] = ()


def on_context(services: Services, question: ContextMessage) -> Outbound:
    """Ask once, and report what is new, unless the incident has ended meanwhile."""
    incident = _still_open(services, question)
    answer = _asked(services, incident, question) if incident else _Answer()
    return retry_on_conflict(question.resource, lambda: _store(services, question, answer))


def _asked(services: Services, incident: Incident, question: ContextMessage) -> _Answer:
    try:
        return _Answer(_lines(services, incident))
    except SourceUnavailable as error:
        return _refused(services, incident, question, error)


def _refused(
    services: Services, incident: Incident, question: ContextMessage, error: SourceUnavailable
) -> _Answer:
    """Ask a log that refuses again later, and say in the incident that it does not answer."""
    trace_at(
        log,
        logging.WARNING,
        "log-query-failed",
        status=error.status or "no answer",
        code=error.code or None,
        retry_after=error.retry_after,
        control=incident.control_id,
        resource=incident.resource_id,
        number=incident.number,
    )
    if services.clock() - incident.opened_at > _ASKED_FOR:
        return _Answer()
    delays, refused = services.config.timing.retry_seconds, question.refused + 1
    delay = max(delays[min(refused, len(delays)) - 1], error.retry_after or 0.0)
    again = due(incident, services.clock() + timedelta(seconds=delay), refused=refused)
    actor = _actor(incident)
    said = (
        (f"Other changes by {shown_name(actor)} are unknown: no answer from {error}.",)
        if actor
        else ()
    )
    return _Answer(said if refused == _SAID_AFTER else (), (again,))


def asked_later(services: Services, opened: Iterable[Incident]) -> list[Put]:
    """Return the rows that ask about the most severe incident of one event, if it names an actor."""
    by_somebody = [each for each in opened if each.changed_by]
    if not by_somebody or services.activity_log is None:
        return []
    worst = max(by_somebody, key=lambda each: each.severity.rank)
    delays = (timedelta(seconds=each) for each in services.config.timing.context_seconds)
    return [due(worst, worst.opened_at + each) for each in delays]


def due(incident: Incident, at: datetime, *, refused: int = 0) -> Put:
    """Return the row that asks the question at a time."""
    names = keys.digest(incident.resource_id), incident.control_id
    message = ContextMessage(
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        refused=refused,
    )
    return due_rows.due_put(message, at, *names, keys.numbered(incident.number), str(refused))


def _store(services: Services, question: ContextMessage, answer: _Answer) -> Outbound:
    """Store the new lines, and delete the question; raise Conflict."""
    done: list[Write] = [*([Delete(question.due)] if question.due else []), *answer.later]
    stored = load_record(services.store, question.resource)
    incident = _still_open(services, question)
    if incident and not set(answer.lines) <= set(incident.context):
        return enrich(services, stored, [replace(incident, context=answer.lines)], done=done)
    services.store.commit(keys.partition(question.resource), done)
    return Outbound()


def _still_open(services: Services, question: ContextMessage) -> Incident | None:
    found = load_incident(services.store, question.resource, question.control, question.number)
    return found if found and found.closure is None else None


def _lines(services: Services, incident: Incident) -> tuple[str, ...]:
    """Return what the log adds, nothing where it has not caught up; raise SourceUnavailable.

    No rows in a late log prove nothing, and are not worth a message. That there were no other
    changes is reported only where another line was reported before.
    """
    actor = _actor(incident)
    if services.activity_log is None or actor is None:
        return ()
    at = incident.event_at or incident.opened_at
    answer = services.activity_log.writes_by(
        actor, since=at - WINDOW, until=services.clock(), correlation_id=incident.correlation_id
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
    others = Counter(_what(each) for each in answer.activities if not _is_own(each, incident))
    who = shown_name(actor)
    lines = [
        f"{who} also made {count} × {operation} on {resource}{outcome}."
        for (operation, resource, outcome), count in others.most_common(_LINES)
    ]
    left = len(others) - _LINES
    return (*lines, f"{who} made {left} more kinds of change.") if left > 0 else (*lines,)


def _what(activity: Activity) -> tuple[str, str, str]:
    name = ids.name_of(activity.resource_id)
    return activity.operation, name, "" if activity.succeeded else " (refused)"


def _is_own(activity: Activity, incident: Incident) -> bool:
    """Tell whether it is the change that the incident is about."""
    at, whole = incident.event_at, ids.key(incident.resource_id)
    same = f"{ids.key(activity.resource_id)}/".startswith(f"{whole}/")
    return same and at is not None and abs(activity.at - at) < timedelta(minutes=1)
