"""The monitor: what each trigger delegates to, from an Event Grid body to a delivered alert."""

import logging
from typing import Any, Final

from drift.changes.dependents import on_fanout
from drift.changes.handlers import given_up, on_event
from drift.changes.propagation import follow_later
from drift.codec import versioned
from drift.dispatch import details_of, step_of
from drift.errors import MalformedEvent, NotUnderstood
from drift.events import Dropped, Event, Fanout, Message, Move, of_kind, to_message
from drift.intake.event_grid import parse
from drift.moves.handlers import on_move
from drift.ports import Put
from drift.queues.messages import OWN, DeferredMessage, OwnMessage, WakeMessage, kind_of, own
from drift.queues.outbound import Work
from drift.self_monitoring.health import health, note_event
from drift.self_monitoring.not_understood import defer, on_deferred
from drift.services import Parts
from drift.state import keys
from drift.state.keys import RowKind
from drift.sweep.progress import begin
from drift.tick import tick
from drift.trace import trace_at

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
        """Follow up one message of queue ``changes``.

        One that no version understands is recorded; one of another version is kept for later.
        """
        return _followed(self._parts, message)

    def deliver(self, message: str) -> Work:
        """Tell a channel what one message of queue ``deliveries`` asks for."""
        return _followed(self._parts, message)

    def poisoned(self, queue: str, message: str) -> Work:
        """Record a message that failed again and again; its resource is read again in a while."""
        trace_at(log, logging.ERROR, "message-given-up", queue=queue)
        _record(self._parts, message, f"given up in queue {queue}")
        try:
            return _given_up(self._parts, message)
        except NotUnderstood as error:
            return defer(self._parts, message, error)

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


def _followed(parts: Parts, text: str) -> Work:
    """Follow up a message; record one that no version understands, defer one of another version."""
    try:
        return _follow(parts, text)
    except NotUnderstood as error:
        return defer(parts, text, error)
    except MalformedEvent as error:
        _record(parts, text, str(error))
        return Work()


def _follow(parts: Parts, text: str) -> Work:
    """Do what a message asks for; raise MalformedEvent, NotUnderstood."""
    message = _message(text)
    if isinstance(message, DeferredMessage):
        return on_deferred(parts, message, _follow)
    return step_of(message)(parts) if isinstance(message, OwnMessage) else _arrived(parts, message)


def _message(text: str) -> Message | OwnMessage:
    details = details_of(text)
    kind = kind_of(details)
    return own(kind, details) if kind in OWN else of_kind(kind, details)


def _given_up(parts: Parts, text: str) -> Work:
    """Have the resource read again that a message was about; other kinds have a due row left."""
    try:
        message = _message(text)
    except MalformedEvent:
        return Work()
    match message:
        case WakeMessage():
            return given_up(parts, message.resource, None)
        case Event():
            return given_up(parts, message.target, message)
        case Fanout():
            follow_later(parts, message)
    return Work()


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
    key = keys.key(RowKind.DROPPED, keys.stamp(parts.clock()), mark)
    trace_at(log, logging.WARNING, "message-dropped", hash=mark[:12], reason=reason)
    data = versioned({"mark": mark, "reason": reason[:500]})
    parts.store.commit(keys.partition(text), [Put(key, data)])
