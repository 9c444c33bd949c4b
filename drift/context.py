"""Ask the activity log what else the one who opened an incident wrote; tell it if it adds anything."""

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from drift import ids, layout
from drift.errors import Conflict, SourceUnavailable
from drift.model import Actor
from drift.parts import Parts
from drift.ports import Activity, ActivityAnswer, Delete, Write
from drift.records import Incident, load, load_incident
from drift.supplement import supplement
from drift.work import Work

log: Final = logging.getLogger("drift.context")

WINDOW: Final = timedelta(hours=1)

_LINES: Final = 8
"""Lines of context one alert carries; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One due question about an incident; ``due`` is the row that asked for it."""

    resource: str
    control: str
    number: int
    due: str


def on_context(parts: Parts, question: Question) -> Work:
    """Ask once, and tell what is new; of an incident that has ended meanwhile nothing more is told."""
    incident = _still_open(parts, question)
    lines = _lines(parts, incident) if incident else ()
    while True:
        try:
            return _told(parts, question, lines)
        except Conflict:
            continue


def _told(parts: Parts, question: Question, lines: tuple[str, ...]) -> Work:
    """Store what the answer adds, and that the question is answered; raise Conflict."""
    done: list[Write] = [Delete(question.due)] if question.due else []
    held = load(parts.store, question.resource)
    incident = _still_open(parts, question)
    if incident and not set(lines) <= set(incident.context):
        return supplement(parts, held, [replace(incident, context=lines)], done=done)
    parts.store.commit(layout.partition(question.resource), done)
    return Work()


def _still_open(parts: Parts, question: Question) -> Incident | None:
    found = load_incident(parts.store, question.resource, question.control, question.number)
    return found if found and found.closure is None else None


def _lines(parts: Parts, incident: Incident) -> tuple[str, ...]:
    """Return what the log adds; nothing where it cannot be asked or has not caught up.

    Zero rows of a late log prove nothing, and that is not worth waking anybody for.
    """
    actor = incident.opened_by or incident.changed_by
    if parts.activity_log is None or actor is None:
        return ()
    at = incident.event_at or incident.opened_at
    try:
        answer = parts.activity_log.writes_by(
            actor,
            since=at - WINDOW,
            until=parts.clock(),
            correlation_id=incident.correlation_id,
        )
    except SourceUnavailable as error:
        log.warning("the activity log could not be asked: %s", error)
        return ()
    return _others(incident, actor, answer) if answer.caught_up else ()


def _others(incident: Incident, actor: Actor, answer: ActivityAnswer) -> tuple[str, ...]:
    """Count what else was written, by operation and resource; the change itself adds nothing."""
    others = Counter(_what(each) for each in answer.activities if not _is_own(each, incident))
    lines = [
        f"{actor.name} also made {count} × {operation} on {resource}{outcome}."
        for (operation, resource, outcome), count in others.most_common(_LINES)
    ]
    left = len(others) - _LINES
    return (*lines, f"{actor.name} made {left} other kinds of change.") if left > 0 else (*lines,)


def _what(activity: Activity) -> tuple[str, str, str]:
    name = activity.resource_id.rstrip("/").rpartition("/")[2]
    return activity.operation, name, "" if activity.succeeded else " (refused)"


def _is_own(activity: Activity, incident: Incident) -> bool:
    """Tell whether it is the change that the alert is about."""
    at, whole = incident.event_at, ids.key(incident.resource_id)
    same = f"{ids.key(activity.resource_id)}/".startswith(f"{whole}/")
    return same and at is not None and abs(activity.at - at) < timedelta(minutes=1)
