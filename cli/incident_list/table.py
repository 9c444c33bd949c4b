"""Incidents as a table that fits into a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cli.explanation.deliveries import Delivery, Status
from cli.explanation.incident_text import changes
from cli.explanation.layout import Layout, for_terminal
from cli.explanation.stored import StoredIncident
from cli.incident_list.found import id_of
from cli.output import colours
from drift import ids
from drift.incidents.attribution import attributions_of
from drift.notices import Standing
from drift.outbox.actor_names import shown_name
from drift.state.incident_record import Incident

ID_SHOWN: Final = 12
_UNKNOWN_ACTOR: Final = "not known"


def table_lines(
    stored: Sequence[StoredIncident], stages: Mapping[str, str], layout: Layout
) -> Iterator[str]:
    """Yield two lines for each incident, and more where it has a breach clock or a channel lacks a change.

    ``stages`` have the stage of a clock by the id of its incident.
    """
    for each in stored:
        incident = each.incident
        label, colour = ("OPEN", colours.RED) if each.is_open else ("ENDED", colours.DIM)
        times = f"opened {layout.when(incident.opened_at)}"
        if incident.closed_at:
            times += f", ended {layout.when(incident.closed_at)}"
        named = f"{id_of(incident)[:ID_SHOWN]}  {for_terminal(incident.control_id)}"
        what = f"{named} on {for_terminal(ids.name_of(incident.resource_id))}"
        yield from layout.item(label, colour, f"{what}, {for_terminal(incident.severity.value)}")
        yield from layout.wrapped(f"{times}. Actor: {_actor(incident)}.", 13)
        if stage := stages.get(id_of(incident)):
            yield from layout.wrapped(f"Breach clock: {stage}", 13)
        if waits := "; ".join(map(_waits, filter(_is_late, each.deliveries))):
            yield from (layout.paint(line, colours.YELLOW) for line in layout.wrapped(waits, 13))


def _actor(incident: Incident) -> str:
    """Return who made the latest change, and how certain that is."""
    attribution = attributions_of(incident)[-1]
    names = ", ".join(for_terminal(shown_name(each)) for each in attribution.actors)
    if not names or attribution.standing is Standing.UNKNOWN:
        return _UNKNOWN_ACTOR
    sure = attribution.standing is Standing.PROVEN
    return names if sure else f"{names} ({attribution.standing.value.replace('_', ' ')})"


def _is_late(delivery: Delivery) -> bool:
    return bool(delivery.waiting or delivery.given_up or delivery.status is Status.UNREADABLE)


def _waits(delivery: Delivery) -> str:
    channel = for_terminal(delivery.channel)
    if delivery.status is Status.UNREADABLE:
        return f"{channel}: what was sent is not known"
    if delivery.waiting:
        return f"{channel}: {changes(delivery.waiting)} {delivery.status.value}"
    return f"{channel}: {changes(delivery.given_up)} not delivered"
