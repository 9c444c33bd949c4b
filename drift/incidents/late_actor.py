"""Name who wrote last, once an event tells it that came after the read which found the failure."""

from drift.errors import Conflict
from drift.events import Event
from drift.incidents.attribution import lacks, named
from drift.incidents.enrichment import open_incidents, supplement
from drift.queues.outbound import Work
from drift.services import Parts
from drift.state.resource_record import load


def attach_actor(parts: Parts, event: Event) -> Work:
    """Tell who made the change, where the alert could not; the event itself asks for no read."""
    if event.actor is None:
        return Work()
    while True:
        held = load(parts.store, event.target)
        nameless = [each for each in open_incidents(parts, held) if lacks(each, event)]
        if not nameless:
            return Work()
        try:
            return supplement(parts, held, [named(each, event) for each in nameless])
        except Conflict:
            continue
