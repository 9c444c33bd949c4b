"""The monitor: one method for each trigger, from an Event Grid body to a delivered alert."""

import logging
from datetime import timedelta
from typing import Any, Final

from drift import ids
from drift.breach_clock.remind import begin_reminders
from drift.changes.decision_log import trace_fanout
from drift.changes.fanout import on_fanout
from drift.changes.handlers import on_event, on_poisoned
from drift.changes.propagation import propagate_later
from drift.codec import versioned
from drift.dispatch import details_of, step_of, subscription_of_message
from drift.errors import MalformedEvent, NotUnderstood
from drift.events import Dropped, Event, Fanout, Message, Move, of_kind, to_message
from drift.intake.event_grid import parse_delivery
from drift.intake.targets import is_monitored
from drift.log_feed.read import LogWatch
from drift.moves.handlers import on_move
from drift.ports import Put
from drift.queues.decoding import OWN, kind_of, own
from drift.queues.messages import (
    DeferredMessage,
    StoredMessage,
    WakeMessage,
)
from drift.queues.outbound import Outbound
from drift.queues.own_message import OwnMessage
from drift.retention.walk import begin_walk
from drift.schedule.turns import Turns, pass_on
from drift.self_monitoring import dead_letters
from drift.self_monitoring.health import health
from drift.self_monitoring.last_event import note_event
from drift.self_monitoring.not_understood import defer, on_deferred
from drift.self_monitoring.own_configuration import is_settings, note_write
from drift.self_monitoring.own_gaps import note_running
from drift.services import Services
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.large_messages import end_stored, fitted, on_stored, stored_text
from drift.sweep.progress import begin_sweeps, sweep_management_group, sweep_tenant
from drift.tick import tick
from drift.trace import trace_at

log: Final = logging.getLogger("drift.pipeline")


class Monitor:
    """Everything that happens to an event, one method per trigger.

    Between two calls it keeps only how many workers of this process each subscription occupies.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._changes, self._deliveries = Turns(), Turns()

    def intake(self, body: str) -> tuple[str, ...]:
        """Return the messages for queue ``changes`` from an Event Grid delivery."""
        messages = parse_delivery(body, self._services.watched, self._services.clock())
        return self._fitted(Outbound(changes=tuple(to_message(each) for each in messages))).changes

    def evaluate(self, message: str) -> Outbound:
        """Handle one message of queue ``changes``.

        A message that no version understands is recorded; a message of another version is kept for
        later.
        """
        return self._fitted(self._in_turn(self._changes, message))

    def deliver(self, message: str) -> Outbound:
        """Send a channel the changes for one message of queue ``deliveries``."""
        return self._fitted(self._in_turn(self._deliveries, message))

    def background(self, message: str) -> Outbound:
        """Handle one message of queue ``background``; it may be of any kind."""
        return self._fitted(_follow_or_keep(self._services, message))

    def _in_turn(self, turns: Turns, message: str) -> Outbound:
        """Handle a message, or pass it on if its subscription already uses its share of the workers."""
        owner = (
            subscription_of_message(message) if len(self._services.facts.subscriptions) > 1 else ""
        )
        if not owner:
            return _follow_or_keep(self._services, message)
        with turns.take(owner) as is_free:
            if is_free:
                return _follow_or_keep(self._services, message)
        services = self._services
        return pass_on(services.store, message, details_of(message), services.clock())

    def poisoned(self, queue: str, message: str) -> Outbound:
        """Record a message that failed again and again; its resource is read again in a while."""
        trace_at(log, logging.ERROR, "message-given-up", queue=queue)
        _record_dropped(self._services, message, f"given up in queue {queue}")
        try:
            return self._fitted(_give_up(self._services, message))
        except NotUnderstood as error:
            return _defer(self._services, message, error)

    def sweep(self) -> Outbound:
        """Begin a sweep of everything that is watched, and the walk that deletes old rows."""
        services = self._services
        begin_reminders(services)
        store, app, now = services.store, services.facts, services.clock()
        sweeps = begin_sweeps(store, services.inventory, app.subscriptions, now)
        sweeps += sweep_tenant(store, app, services.detectors)
        sweeps += sweep_management_group(store, app, services.detectors)
        return self._fitted(sweeps + begin_walk(store, now))

    def watch_logs(self) -> Outbound:
        """Return a message for each change that only a log reports, and one for the dead letters."""
        services = self._services
        watch = LogWatch(
            store=services.store,
            change_log=services.change_log,
            app=services.facts,
            watched=services.watched,
            clock=services.clock,
            again=services.config.timing.requeue,
            accounts=services.config.baseline.break_glass_accounts,
        )
        return self._fitted(watch.run() + dead_letters.ask(services.store, services.dead_letters))

    def tick(self) -> Outbound:
        """Return a message for each due row."""
        return self._fitted(tick(self._services))

    def note_running(self) -> None:
        """Store that the monitor runs; if there was a gap before, make its report due."""
        note_running(self._services.store, self._services.clock())

    def close(self) -> None:
        """Close every connection; the monitor must not be used afterwards."""
        for close in self._services.closers:
            close()

    def health(self) -> dict[str, Any]:
        """Return the figures of ``/api/health``; raise StoreUnavailable where nothing can be stored."""
        self._services.check_store()
        return health(self._services)

    def _fitted(self, outbound: Outbound) -> Outbound:
        """Return the messages as a queue accepts them: a larger one is stored, and named by another."""
        return fitted(self._services.store, outbound, self._services.clock())


def _follow_or_keep(services: Services, text: str) -> Outbound:
    """Handle a message; record one that no version understands, defer one of another version."""
    try:
        return _follow(services, text)
    except NotUnderstood as error:
        return _defer(services, text, error)
    except MalformedEvent as error:
        _record_dropped(services, text, str(error))
        return Outbound()


def _defer(services: Services, text: str, error: NotUnderstood) -> Outbound:
    retry = services.config.timing.requeue
    defer(services.store, text, error, now=services.clock(), retry=retry)
    return Outbound()


def _follow(services: Services, text: str) -> Outbound:
    """Run the step of a message; raise MalformedEvent, NotUnderstood."""
    message = _message(text)
    if isinstance(message, DeferredMessage):
        return on_deferred(services.store, message, lambda text: _follow(services, text))
    if isinstance(message, StoredMessage):
        return on_stored(services.store, message, lambda text: _follow(services, text))
    return (
        step_of(message)(services)
        if isinstance(message, OwnMessage)
        else _follow_event(services, message)
    )


def _message(text: str) -> Message | OwnMessage:
    details = details_of(text)
    kind = kind_of(details)
    return own(kind, details) if kind in OWN else of_kind(kind, details)


def _give_up(services: Services, text: str) -> Outbound:
    """Schedule another read of the resource that a message was about; other kinds still have a due row."""
    try:
        message = _message(text)
    except MalformedEvent:
        return Outbound()
    match message:
        case WakeMessage():
            return on_poisoned(services, message.resource, None)
        case Event():
            return on_poisoned(services, message.target, message)
        case Fanout():
            retry = timedelta(seconds=services.config.timing.retry_seconds[-1])
            propagate_later(services.store, message, services.clock() + retry)
        case StoredMessage():
            stored = stored_text(services.store, message.mark)
            follow_up = _give_up(services, stored) if stored else Outbound()
            end_stored(services.store, message)
            return follow_up
    return Outbound()


def _follow_event(services: Services, message: Message) -> Outbound:
    if isinstance(message, Dropped):
        _record_dropped(services, message.id, message.reason)
        return Outbound()
    event = message if isinstance(message, Event) else message.event
    if is_monitored(event.subject, services.watched):
        subscription = ids.subscription_of(event.subject)
        note_event(services.store, services.clock(), subscription)
    if is_settings(event.subject):
        app = services.config.baseline.monitor_app
        note_write(services.store, event, app, services.clock())
        return Outbound()
    if isinstance(message, Move):
        return on_move(services, message)
    if isinstance(message, Event):
        return on_event(services, message)
    follow_up = on_fanout(services, message)
    trace_fanout(message, follow_up)
    return follow_up


def _record_dropped(services: Services, text: str, reason: str) -> None:
    """Store why a message was dropped, and a hash of it; never its content."""
    mark = keys.digest(text)
    key = keys.row_key(RowKind.DROPPED, keys.stamp(services.clock()), mark)
    trace_at(log, logging.WARNING, "message-dropped", hash=mark[:12], reason=reason)
    data = versioned({"mark": mark, "reason": reason[:500]})
    services.store.commit(keys.partition(text), [Put(key, data)])
