"""The monitor: what each trigger delegates to, from an Event Grid body to a delivered alert."""

import logging
from functools import partial
from typing import Any, Final

from drift import queue_messages
from drift.changes.dependents import on_fanout
from drift.changes.handlers import given_up, on_event
from drift.changes.propagation import follow_later
from drift.dispatch import Step, asked, details_of, due, is_of_a_row
from drift.errors import MalformedEvent
from drift.events import Dropped, Event, Fanout, Message, Move, from_message, to_message
from drift.intake.event_grid import parse
from drift.moves.handlers import on_move
from drift.ports import Put
from drift.queue_messages import Work
from drift.self_monitoring.health import health, note_event
from drift.services import Parts
from drift.state import keys
from drift.sweep.progress import begin
from drift.tick import tick

log: Final = logging.getLogger("drift.pipeline")

CHANGES: Final = "changes"
"""The queue of what is to be followed up."""


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
            step = asked(message)
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


def _given_up(parts: Parts, text: str) -> Work:
    """Have the resource read again that a message was about; other kinds have a due row left."""
    try:
        details = details_of(text)
        if details.get("kind") == queue_messages.WAKE:
            return given_up(parts, str(details["resource"]), None)
        event = None if is_of_a_row(details) else from_message(text)
    except (MalformedEvent, KeyError):
        return Work()
    if isinstance(event, Fanout):
        follow_later(parts, event)
    return given_up(parts, event.target, event) if isinstance(event, Event) else Work()


def _understood(text: str) -> Step:
    """Return what a message asks for; raise MalformedEvent where that cannot be known."""
    details = details_of(text)
    return due(details) if is_of_a_row(details) else partial(_arrived, message=from_message(text))


def _arrived(parts: Parts, message: Message) -> Work:
    if isinstance(message, Dropped):
        _record(parts, message.id, message.reason)
        return Work()
    note_event(parts, parts.clock())
    if isinstance(message, Move):
        return on_move(parts, message)
    return on_event(parts, message) if isinstance(message, Event) else on_fanout(parts, message)


def _record(parts: Parts, text: str, reason: str) -> None:
    """Keep why something was dropped, and a hash of it; never what it said."""
    mark = keys.digest(text)
    key = keys.key("dropped", keys.stamp(parts.clock()), mark)
    log.warning("dropped %s: %s", mark[:12], reason)
    parts.store.commit(keys.partition(text), [Put(key, {"mark": mark, "reason": reason[:500]})])
