"""An incident in words: why it is open, who made the change, and what each channel received."""

from collections.abc import Iterator

from cli.explanation.deliveries import Delivery, Status
from cli.explanation.exposure_text import exposure_lines
from cli.explanation.layout import INDENT, Layout, for_terminal
from cli.explanation.stored import StoredIncident
from cli.output import colours
from drift.incidents.attribution import attributions_of
from drift.model import Actor, sentence
from drift.notices import Standing
from drift.outbox.actor_names import claim, shown_name
from drift.state.incident_record import Incident


def incident_lines(layout: Layout, stored: StoredIncident) -> Iterator[str]:
    """Yield the lines of an incident and of its deliveries."""
    incident = stored.incident
    label, colour = ("OPEN", colours.RED) if stored.is_open else ("ENDED", colours.DIM)
    severity, opened = for_terminal(incident.severity.value), layout.when(incident.opened_at)
    head = f"{incident.control_id} number {incident.number}, {severity}, opened {opened}"
    yield from layout.item(label, colour, head)
    for text in _story(layout, incident):
        yield from layout.wrapped(text, INDENT)
    for exposure in incident.exposures:
        yield from exposure_lines(layout, exposure)
    for each in stored.deliveries:
        yield from delivery_lines(layout, each)


def delivery_lines(layout: Layout, delivery: Delivery) -> Iterator[str]:
    """Yield what a channel has received, and below it what it has not received and why."""
    lines = layout.wrapped(f"{for_terminal(delivery.channel)}: {_sent(layout, delivery)}", INDENT)
    if delivery.waiting:
        lines += layout.wrapped(_waiting(layout, delivery), INDENT + 2)
    if delivery.given_up:
        text = f"{changes(delivery.given_up)} recorded as undelivered: refused for too long"
        lines += layout.wrapped(text, INDENT + 2)
    is_unreadable = delivery.status is Status.UNREADABLE
    is_late = bool(delivery.waiting or delivery.given_up or is_unreadable)
    yield from (layout.paint(each, colours.YELLOW) if is_late else each for each in lines)


def _sent(layout: Layout, delivery: Delivery) -> str:
    """Return what the channel has received."""
    if delivery.status is Status.UNREADABLE:
        return f"the sent changes are not known: {for_terminal(delivery.reason)}"
    if not delivery.last_sent:
        return "nothing sent yet"
    at = f" {layout.time(delivery.sent_at)}" if delivery.sent_at else ""
    return f"change {delivery.last_sent} sent{at}"


def changes(sequences: tuple[int, ...]) -> str:
    """Return the changes of an incident by their numbers."""
    if len(sequences) == 1:
        return f"change {sequences[0]}"
    return f"changes {', '.join(map(str, sequences[:10]))}{' …' if len(sequences) > 10 else ''}"


def _story(layout: Layout, incident: Incident) -> Iterator[str]:
    """Yield why it is open and who made the change; or how it ended, and why."""
    reason = sentence(for_terminal(incident.reason))
    if incident.closure is None:
        yield reason
    yield _cause(incident)
    if incident.closure:
        by = _ended_by(incident)
        at = layout.when(incident.closed_at) if incident.closed_at else ""
        yield f"Ended {at}: {for_terminal(incident.closure.value)}{by}. {reason}"


def _cause(incident: Incident) -> str:
    """Return who made the latest change, as far as it is known."""
    attribution = attributions_of(incident)[-1]
    if attribution.standing is Standing.UNKNOWN:
        return "Actor not known."
    claimed = claim(attribution.standing, ", ".join(map(_actor, attribution.actors)))
    is_last = attribution.standing is Standing.LAST_WRITER
    return (
        f"{claimed} This actor wrote last, which does not prove the cause." if is_last else claimed
    )


def _ended_by(incident: Incident) -> str:
    """Return who ended it, as far as it is known, "" if nobody is named."""
    if incident.closed_by is None:
        return ""
    if incident.closing is None:
        return f" by {_actor(incident.closed_by)}"
    everyone = ", ".join(map(_actor, incident.closing.actors))
    likely = incident.closing.standing is Standing.LIKELY
    several = incident.closing.standing is Standing.SEVERAL
    return f"{', most likely' if likely else ''} by {'one of: ' if several else ''}{everyone}"


def _waiting(layout: Layout, delivery: Delivery) -> str:
    since = f" since {layout.when(delivery.since)}" if delivery.since else ""
    why = f": {for_terminal(delivery.reason)}." if delivery.reason else "."
    due = f" Next try {layout.when(delivery.next_try)}." if delivery.next_try else ""
    named = changes(delivery.waiting)
    match delivery.status:
        case Status.SENDING:
            return f"{named} being sent now"
        case Status.ON_HOLD:
            remedy = sentence(for_terminal(delivery.remedy))
            later = due or " It is sent when the channel has settings."
            return f"{named} on hold{since}{why}{later}{f' To do: {remedy}' if remedy else ''}"
        case Status.RETRY | Status.OTHER_VERSION:
            return f"{named} waiting{since}{why}{due}"
        case _:
            return f"{named} waiting in the queue"


def _actor(actor: Actor) -> str:
    origin = ", signed in from" if actor.ip_is_sign_in else " from"
    name = shown_name(actor) if actor.name else "an actor without a name"
    return for_terminal(f"{name}{origin} {actor.ip}" if actor.ip else name)
