"""What a queue message asks for: its text as a step to take, or why that cannot be known."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drift.changes.handlers import on_wake
from drift.changes.propagation import on_done, on_links
from drift.delivery.cursor import Address
from drift.delivery.deliver import deliver
from drift.delivery.redelivery import spread
from drift.errors import MalformedEvent
from drift.incidents.activity_context import on_context
from drift.moves.handlers import on_arrived, on_left, on_moved
from drift.queues.messages import (
    ArrivedMessage,
    BlindMessage,
    ChannelMessage,
    ContextMessage,
    DeliverMessage,
    DoneMessage,
    LeftMessage,
    LinksMessage,
    MovingMessage,
    OwnMessage,
    SpreadMessage,
    SweepMessage,
    WakeMessage,
    kind_of,
    own,
)
from drift.queues.outbound import Work
from drift.self_monitoring.monitor_blind import on_blind
from drift.self_monitoring.monitor_channel import on_channel
from drift.services import Parts
from drift.sweep.run import on_sweep
from drift.untrusted_json import load

Step = Callable[[Parts], Work]


def details_of(text: str) -> Mapping[str, Any]:
    """Return what a message says; raise MalformedEvent where it is none of ours."""
    try:
        details = load(text)
    except ValueError:
        raise MalformedEvent("not a message of ours: not JSON") from None
    if not isinstance(details, Mapping):
        raise MalformedEvent("not a message of ours: not an object")
    return details


def _blind(parts: Parts, message: BlindMessage) -> Work:
    return on_blind(parts, message.dependency, message.resource, message.due)


def _channel(parts: Parts, message: ChannelMessage) -> Work:
    return on_channel(parts, message.channel, message.home, message.due, took=message.took)


def _sweep(parts: Parts, message: SweepMessage) -> Work:
    return on_sweep(parts, message.subscription, message.run, message.due, deliver=_deliver_text)


def _moving(parts: Parts, message: MovingMessage) -> Work:
    event, group = message.event, message.group
    return on_moved(parts, event, group, tries=message.tries, due_key=message.due)


def _links(parts: Parts, message: LinksMessage) -> Work:
    done = DoneMessage(home=message.home, due=message.due).text
    return on_links(parts, message.event, message.documents, done)


def _deliver(parts: Parts, message: DeliverMessage) -> Work:
    address = Address(
        resource=message.resource,
        control=message.control,
        number=message.number,
        channel=message.channel,
        due=message.due,
        net=message.net,
    )
    return deliver(parts, address)


def _deliver_text(parts: Parts, text: str) -> Work:
    details = details_of(text)
    return step_of(own(kind_of(details), details))(parts)


def _spread(parts: Parts, message: SpreadMessage) -> Work:
    address = Address(
        resource=message.resource,
        control=message.control,
        number=message.number,
        channel="",
        net=message.due,
    )
    return spread(parts, address)


_STEPS: Final[Mapping[type[OwnMessage], Callable[[Parts, Any], Work]]] = {
    WakeMessage: lambda parts, each: on_wake(parts, each.resource, each.due),
    BlindMessage: _blind,
    ChannelMessage: _channel,
    ContextMessage: on_context,
    SweepMessage: _sweep,
    LinksMessage: _links,
    DoneMessage: lambda parts, each: on_done(parts, each.home, (each.due, each.row_key)),
    MovingMessage: _moving,
    ArrivedMessage: lambda parts, each: on_arrived(parts, each.event, each.old, each.new),
    LeftMessage: lambda parts, each: on_left(parts, each.event, each.old, each.new),
    DeliverMessage: _deliver,
    SpreadMessage: _spread,
}


def step_of(message: OwnMessage) -> Step:
    """Return what a message that the monitor sent to itself asks for."""
    handler = _STEPS[type(message)]
    return lambda parts: handler(parts, message)
