"""Attribute an open incident to the actor of an event that arrived after the failing read."""

from drift.events import Event
from drift.incidents.attribution import lacks_actor, with_actor
from drift.incidents.enrichment import enrich, open_incidents
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state.resource_record import load_record
from drift.state.update import retry_on_conflict


def attach_actor(services: Services, event: Event) -> Outbound:
    """Add the event's actor to the open incidents of its target that have no actor; no read follows."""
    if event.actor is None:
        return Outbound()

    def attempt() -> Outbound:
        stored = load_record(services.store, event.target)
        incidents = open_incidents(services.store, stored)
        nameless = [each for each in incidents if lacks_actor(each, event)]
        if not nameless:
            return Outbound()
        return enrich(services, stored, [with_actor(each, event) for each in nameless])

    return retry_on_conflict(event.target, attempt)
