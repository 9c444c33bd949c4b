"""The monitor: what each trigger delegates to, from an Event Grid body to a delivered alert."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from drift import layout, work
from drift.blindness import on_blind
from drift.codec import decode
from drift.context import Question, on_context
from drift.cursor import Address
from drift.delivery import deliver
from drift.errors import MalformedEvent
from drift.evaluate import given_up, on_event, on_wake
from drift.events import Dropped, Event, Fanout, from_message, to_message
from drift.following import follow_later, on_done, on_links
from drift.foreign import load as load_json
from drift.health import health, note_event
from drift.intake import parse
from drift.muteness import on_channel
from drift.nets import spread
from drift.parts import Parts
from drift.ports import Put
from drift.sweeping import on_sweep
from drift.sweeps import begin
from drift.ticking import tick
from drift.uses import on_fanout
from drift.work import Work

log: Final = logging.getLogger("drift.pipeline")

CHANGES: Final = "changes"
"""The queue of what is to be followed up."""

Step = Callable[[Parts], Work]


class Monitor:
    """The whole way of an event, one method per trigger; nothing is kept between two calls."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watched = parts.watched

    def intake(self, body: str) -> tuple[str, ...]:
        """Return the messages for queue ``changes`` that an Event Grid delivery asks for."""
        messages = parse(body, self._watched, self._parts.clock())
        return tuple(to_message(each) for each in messages)

    def evaluate(self, message: str) -> Work:
        """Follow up one message of queue ``changes``; a stranger's is recorded and not retried."""
        try:
            step = _understood(message)
        except MalformedEvent as error:
            _record(self._parts, message, str(error))
            return Work()
        return step(self._parts)

    def deliver(self, message: str) -> Work:
        """Tell a channel what one message of queue ``deliveries`` asks for."""
        try:
            step = _asked(message)
        except MalformedEvent as error:
            _record(self._parts, message, str(error))
            return Work()
        return step(self._parts)

    def poisoned(self, queue: str, message: str) -> Work:
        """Record a message that failed again and again; its resource is read again in a while."""
        log.error("a message of queue %s was given up after its last try", queue)
        _record(self._parts, message, f"given up in queue {queue}")
        return _given_up(self._parts, message) if queue == CHANGES else Work()

    def sweep(self) -> Work:
        """Begin to look at everything there is."""
        return begin(self._parts)

    def tick(self) -> Work:
        """Return a message for everything that is due."""
        return tick(self._parts)

    def close(self) -> None:
        """Close every connection; the monitor may not be used after."""
        for close in self._parts.closers:
            close()

    def health(self) -> dict[str, Any]:
        """Return the figures of ``/api/health``."""
        return health(self._parts)


def _details(text: str) -> Mapping[str, Any]:
    try:
        details = load_json(text)
    except ValueError:
        raise MalformedEvent("not a message of ours: not JSON") from None
    if not isinstance(details, Mapping):
        raise MalformedEvent("not a message of ours: not an object")
    return details


def _given_up(parts: Parts, text: str) -> Work:
    """Have the resource read again that a message was about; other kinds have a due row left."""
    try:
        details = _details(text)
        if details.get("kind") == work.WAKE:
            return given_up(parts, str(details["resource"]), None)
        event = None if details.get("kind") in _STEPS else from_message(text)
    except (MalformedEvent, KeyError):
        return Work()
    if isinstance(event, Fanout):
        follow_later(parts, event)
    return given_up(parts, event.target, event) if isinstance(event, Event) else Work()


def _understood(text: str) -> Step:
    """Return what a message asks for; raise MalformedEvent where that cannot be known."""
    details = _details(text)
    build = _STEPS.get(str(details.get("kind")))
    if build is None:
        return partial(_arrived, message=from_message(text))
    try:
        return build(details)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"not a message of ours ({type(error).__name__})") from None


def _arrived(parts: Parts, message: Event | Fanout | Dropped) -> Work:
    if isinstance(message, Dropped):
        _record(parts, message.id, message.reason)
        return Work()
    note_event(parts, parts.clock())
    return on_event(parts, message) if isinstance(message, Event) else on_fanout(parts, message)


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
        deliver=lambda parts, text: _asked(text)(parts),
    )


def _links(details: Mapping[str, Any]) -> Step:
    home, due = str(details["home"]), str(details["due"])
    return partial(
        on_links,
        event=decode(Event, details["event"]),
        documents=tuple(map(str, details["documents"])),
        done=work.message(work.DONE, home=home, due=due),
    )


def _done(details: Mapping[str, Any]) -> Step:
    return partial(on_done, home=str(details["home"]), due_key=str(details["due"]))


def _asked(text: str) -> Step:
    """Return what a message of queue ``deliveries`` asks for; raise MalformedEvent."""
    details = _details(text)
    build = _spread if details.get("kind") == work.SPREAD else _delivery
    try:
        return build(details)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"not a message of ours ({type(error).__name__})") from None


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
    work.WAKE: _wake,
    work.BLIND: _blind,
    work.CHANNEL: _channel,
    work.CONTEXT: _context,
    work.SWEEP: _sweep,
    work.LINKS: _links,
    work.DONE: _done,
}


def _record(parts: Parts, text: str, reason: str) -> None:
    """Keep why something was dropped, and a hash of it; never what it said."""
    mark = layout.digest(text)
    key = layout.key("dropped", layout.stamp(parts.clock()), mark)
    log.warning("dropped %s: %s", mark[:12], reason)
    parts.store.commit(layout.partition(text), [Put(key, {"mark": mark, "reason": reason[:500]})])
