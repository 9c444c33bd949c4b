"""Name who wrote last, once an event tells it that came after the read which found the failure."""

from drift.errors import Conflict
from drift.events import Event
from drift.incidents.attribution import lacks_actor, with_actor
from drift.incidents.enrichment import enrich, open_incidents
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state.resource_record import load_record


def attach_actor(services: Services, event: Event) -> Outbound:
    """Tell who made the change, where the alert could not; the event itself asks for no read."""
    if event.actor is None:
        return Outbound()
    while True:
        stored = load_record(services.store, event.target)
        nameless = [each for each in open_incidents(services, stored) if lacks_actor(each, event)]
        if not nameless:
            return Outbound()
        try:
            return enrich(services, stored, [with_actor(each, event) for each in nameless])
        except Conflict:
            continue
