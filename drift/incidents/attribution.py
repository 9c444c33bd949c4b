"""Find who wrote last, from the events since the last read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from drift.events import FAILED, SUCCEEDED, Event
from drift.model import Actor
from drift.state.incident_record import Incident

_NEAR: Final = timedelta(minutes=10)
"""An event that is so much older than an incident did not open it."""


def possible_causes(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return the events that may have made a change: a write that failed only where none succeeded."""
    all_of = tuple(events)
    if not any(each.type.lower() in SUCCEEDED for each in all_of):
        return all_of
    return tuple(each for each in all_of if each.type.lower() not in FAILED)


def last_event(events: Iterable[Event]) -> Event | None:
    """Return the newest event that names an actor, else the newest event.

    Of two events of the same time it is the one that arrived last.
    """
    ordered = sorted(possible_causes(events), key=lambda each: (each.actor is not None, each.at))
    return ordered[-1] if ordered else None


def last_actor(events: Iterable[Event]) -> Actor | None:
    """Return the actor that wrote last, None where no event names one."""
    event = last_event(events)
    return event.actor if event else None


def lacks_actor(incident: Incident, event: Event | None) -> bool:
    """Tell whether an incident has no actor, and this event may name the one that opened it."""
    if event is None or event.actor is None or incident.changed_by is not None:
        return False
    return incident.opened_at - event.at < _NEAR


def with_actor(incident: Incident, event: Event) -> Incident:
    """Return the incident with the actor of this event as the last writer.

    An actor that wrote after the opening did not open it.
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
