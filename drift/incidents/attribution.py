"""Attribute an incident to an actor by the events since the last read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from drift.events import FAILED, SUCCEEDED, Event
from drift.model import Actor
from drift.state.incident_record import Incident

_MAX_AGE: Final = timedelta(minutes=10)
"""An event that is older than the opening by this much did not cause the incident."""


def possible_causes(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return the events that may have made a change: a write that failed only where none succeeded."""
    all_of = tuple(events)
    if not any(each.type.lower() in SUCCEEDED for each in all_of):
        return all_of
    return tuple(each for each in all_of if each.type.lower() not in FAILED)


def last_event(events: Iterable[Event]) -> Event | None:
    """Return the newest event that names an actor, else the newest event, None without events.

    Of two events of the same time it is the one that arrived last.
    """
    ordered = sorted(possible_causes(events), key=lambda each: (each.actor is not None, each.at))
    return ordered[-1] if ordered else None


def last_actor(events: Iterable[Event]) -> Actor | None:
    """Return the actor of the last write, None where no event names one."""
    event = last_event(events)
    return event.actor if event else None


def lacks_actor(incident: Incident, event: Event | None) -> bool:
    """Tell whether an incident has no actor, and this event may name the actor."""
    if event is None or event.actor is None or incident.changed_by is not None:
        return False
    return incident.opened_at - event.at < _MAX_AGE


def with_actor(incident: Incident, event: Event) -> Incident:
    """Return the incident with this event's actor as the last one, and as the one that opened it.

    An event after the opening sets only the last actor.
    """
    if event.at > incident.opened_at:
        return replace(incident, changed_by=event.actor)
    return replace(
        incident,
        opened_by=event.actor,
        changed_by=event.actor,
        event_id=event.id,
        event_at=event.at,
        correlation_id=event.correlation_id,
    )
