"""Attribute an open incident to the actor of an event that arrived after the failing read."""

from drift.errors import Conflict
from drift.events import Event
from drift.incidents.attribution import lacks_actor, with_actor
from drift.incidents.enrichment import enrich, open_incidents
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state.resource_record import load_record


def attach_actor(services: Services, event: Event) -> Outbound:
    """Add the event's actor to the open incidents of its target that have no actor; no read follows."""
    if event.actor is None:
        return Outbound()
    while True:
        stored = load_record(services.store, event.target)
        unattributed = [
            each for each in open_incidents(services, stored) if lacks_actor(each, event)
        ]
        if not unattributed:
            return Outbound()
        try:
            return enrich(services, stored, [with_actor(each, event) for each in unattributed])
        except Conflict:
            continue
