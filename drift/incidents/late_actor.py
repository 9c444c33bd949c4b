"""Attribute the changes of open incidents by an event that arrived after the read that showed them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from drift.events import Event
from drift.incidents.attribution import attributions_of, names_others, with_events
from drift.incidents.decision import DecisionContext
from drift.incidents.enrichment import enrich, open_incidents
from drift.ports import Store
from drift.queues.outbound import Outbound
from drift.state import keys
from drift.state.incident_record import Incident, incident_put
from drift.state.resource_record import load_record
from drift.state.update import retry_on_conflict

_REASON: Final = "an event that came later says more of who made the change"


def attach_actor(
    store: Store,
    context: DecisionContext,
    event: Event,
    *,
    has_control: Callable[[str], bool],
    now: datetime,
) -> Outbound:
    """Add the event to the possible causes of its target's open incidents; no read follows.

    An update is sent only if the possible actors of a change differ from before.
    """

    def attempt() -> Outbound:
        stored = load_record(store, event.target)
        before = [
            each
            for each in open_incidents(store, stored.record).values()
            if has_control(each.control_id)
        ]
        pairs = [(each, _with_event(context, each, event)) for each in before]
        changed = [(old, new) for old, new in pairs if new != old]
        if not changed:
            return Outbound()
        told = [new for old, new in changed if names_others(old, new)]
        silent = [incident_put(new) for old, new in changed if not names_others(old, new)]
        if told:
            return enrich(store, context, stored, told, now=now, reason=_REASON, done=silent)
        store.commit(keys.partition(event.target), [*silent, stored.put()])
        return Outbound()

    return retry_on_conflict(event.target, attempt)


def _with_event(context: DecisionContext, incident: Incident, event: Event) -> Incident:
    control, owner = (
        context.control(incident.control_id, incident.resource_id),
        incident.resource_id,
    )
    settle = timedelta(seconds=context.timing.settle_seconds)
    attributions = tuple(
        with_events(each, owner, control, (event,), settle=settle)
        for each in attributions_of(incident)
    )
    return (
        incident if attributions == attributions_of(incident) else incident.attributed(attributions)
    )
