"""What a queue message asks for: its text as a step to take, or why that cannot be known."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from drift import queue_messages
from drift.changes.handlers import on_wake
from drift.changes.propagation import on_done, on_links
from drift.codec import decode
from drift.delivery.cursor import Address
from drift.delivery.deliver import deliver
from drift.delivery.redelivery import spread
from drift.errors import MalformedEvent
from drift.events import Event
from drift.incidents.activity_context import Question, on_context
from drift.moves.handlers import on_arrived, on_left, on_moved
from drift.queue_messages import Work
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


def _wake(details: Mapping[str, Any]) -> Step:
    return partial(on_wake, resource_id=str(details["resource"]), due_key=str(details["due"]))


def _blind(details: Mapping[str, Any]) -> Step:
    return partial(
        on_blind,
        dependency=str(details["dependency"]),
        resource=str(details.get("resource", "")),
        due_key=str(details["due"]),
    )


def _channel(details: Mapping[str, Any]) -> Step:
    return partial(
        on_channel,
        channel=str(details["channel"]),
        home=str(details["home"]),
        due_key=str(details["due"]),
        took=bool(details["took"]),
    )


def _context(details: Mapping[str, Any]) -> Step:
    question = Question(
        resource=str(details["resource"]),
        control=str(details["control"]),
        number=int(details["number"]),
        due=str(details["due"]),
        refused=int(details.get("refused", 0)),
    )
    return partial(on_context, question=question)


def _sweep(details: Mapping[str, Any]) -> Step:
    return partial(
        on_sweep,
        subscription=str(details["subscription"]),
        run=int(details["run"]),
        due_key=str(details["due"]),
        deliver=lambda parts, text: asked(text)(parts),
    )


def _moved(details: Mapping[str, Any]) -> Step:
    return partial(
        on_moved,
        event=decode(Event, details["event"]),
        group=str(details["group"]),
        tries=int(details["tries"]),
        due_key=str(details["due"]),
    )


def _arrived(details: Mapping[str, Any]) -> Step:
    return partial(
        on_left if details["kind"] == queue_messages.LEFT else on_arrived,
        event=decode(Event, details["event"]),
        old=str(details["old"]),
        new=tuple(map(str, details["new"])),
    )


def _links(details: Mapping[str, Any]) -> Step:
    home, due = str(details["home"]), str(details["due"])
    return partial(
        on_links,
        event=decode(Event, details["event"]),
        documents=tuple(map(str, details["documents"])),
        done=queue_messages.message(queue_messages.DONE, home=home, due=due),
    )


def _done(details: Mapping[str, Any]) -> Step:
    return partial(on_done, home=str(details["home"]), due_key=str(details["due"]))


def asked(text: str) -> Step:
    """Return what a message of queue ``deliveries`` asks for; raise MalformedEvent."""
    details = details_of(text)
    return _built(_spread if details.get("kind") == queue_messages.SPREAD else _delivery, details)


def _delivery(details: Mapping[str, Any]) -> Step:
    due, net = str(details["due"]), str(details.get("net", ""))
    address = _address(details, str(details["channel"]))
    return partial(deliver, address=replace(address, due=due, net=net))


def _spread(details: Mapping[str, Any]) -> Step:
    return partial(spread, address=replace(_address(details, ""), net=str(details["due"])))


def _address(details: Mapping[str, Any], channel: str) -> Address:
    return Address(
        resource=str(details["resource"]),
        control=str(details["control"]),
        number=int(details["number"]),
        channel=channel,
    )


_STEPS: Final[Mapping[str, Callable[[Mapping[str, Any]], Step]]] = {
    queue_messages.WAKE: _wake,
    queue_messages.BLIND: _blind,
    queue_messages.CHANNEL: _channel,
    queue_messages.CONTEXT: _context,
    queue_messages.SWEEP: _sweep,
    queue_messages.LINKS: _links,
    queue_messages.MOVE: _moved,
    queue_messages.ARRIVED: _arrived,
    queue_messages.LEFT: _arrived,
    queue_messages.DONE: _done,
}


def is_of_a_row(details: Mapping[str, Any]) -> bool:
    """Tell whether a message was asked for by a due row, which asks again should it be lost."""
    return details.get("kind") in _STEPS


def due(details: Mapping[str, Any]) -> Step:
    """Return what a message of a due row asks for; raise MalformedEvent."""
    return _built(_STEPS[str(details["kind"])], details)


def _built(build: Callable[[Mapping[str, Any]], Step], details: Mapping[str, Any]) -> Step:
    try:
        return build(details)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"not a message of ours ({type(error).__name__})") from None
