"""Map a queue message to the step that handles it, or say why the message is not valid."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from drift import ids
from drift.breach_clock.remind import on_remind
from drift.breach_clock.start import start_clock
from drift.changes.fanout import on_fanning
from drift.changes.handlers import on_due_row, on_event
from drift.changes.propagation import on_done, on_links
from drift.delivery.cursor import DeliveryKey
from drift.delivery.deliver import deliver
from drift.delivery.outages import drop_settled
from drift.delivery.redelivery import redeliver
from drift.errors import MalformedEvent
from drift.evidence_log.writer import write_records
from drift.exposure.investigate import on_investigate
from drift.incidents.activity_context import on_context
from drift.log_feed.sign_ins import is_of_sign_ins
from drift.moves.handlers import on_arrived, on_left, on_moved
from drift.ports import Delete
from drift.queues.decoding import kind_of, own
from drift.queues.messages import (
    AgeMessage,
    ArrivedMessage,
    BlindMessage,
    ChannelMessage,
    ConfigMessage,
    ContextMessage,
    DeliverMessage,
    DoneMessage,
    EvidenceMessage,
    FanningMessage,
    ForgetMessage,
    InvestigateMessage,
    LeftMessage,
    LinksMessage,
    LoggedMessage,
    MarkMessage,
    MovingMessage,
    ReleaseMessage,
    RemindMessage,
    SpreadMessage,
    SweepMessage,
    WakeMessage,
)
from drift.queues.outbound import Outbound
from drift.queues.own_message import OwnMessage
from drift.retention.dependents import on_forget
from drift.retention.walk import on_age
from drift.schedule.configuration import on_config
from drift.schedule.queue_marks import on_mark
from drift.schedule.release import on_release
from drift.schedule.subscription_changes import on_unwatched
from drift.self_monitoring import evidence_health
from drift.self_monitoring.dead_letters import is_dead_letters, on_dead_letters
from drift.self_monitoring.emergency_sign_ins import on_sign_ins
from drift.self_monitoring.event_silence import is_silence, on_event_silence
from drift.self_monitoring.incident import SelfReporter
from drift.self_monitoring.log_health import is_log, on_log_health
from drift.self_monitoring.monitor_blind import on_blind
from drift.self_monitoring.monitor_channel import on_channel
from drift.self_monitoring.own_configuration import is_own_configuration, on_own_configuration
from drift.self_monitoring.own_gaps import is_own, not_swept, on_own_gap
from drift.self_monitoring.sweep_health import is_sweep, on_sweep_health
from drift.services import Services
from drift.state import keys
from drift.sweep.progress import begin_sweeps
from drift.sweep.run import on_sweep
from drift.untrusted_json import load

HandleMessage = Callable[[Services], Outbound]


def details_of(text: str) -> Mapping[str, Any]:
    """Return the fields of a message; raise MalformedEvent if it is not one of ours."""
    try:
        details = load(text)
    except ValueError:
        raise MalformedEvent("not a message of ours: not JSON") from None
    if not isinstance(details, Mapping):
        raise MalformedEvent("not a message of ours: not an object")
    return details


def subscription_of_message(text: str) -> str:
    """Return the subscription whose resource a message is about, "" for none."""
    try:
        details = details_of(text)
    except MalformedEvent:
        return ""
    named = (details.get(each) for each in ("target", "resource", "document"))
    return next((ids.subscription_of(each) for each in named if isinstance(each, str) and each), "")


def _blind(services: Services, message: BlindMessage) -> Outbound:
    if is_sweep(message.dependency):
        return on_sweep_health(services, message.dependency, message.due)
    if is_log(message.dependency):
        return on_log_health(SelfReporter.of(services), message.dependency, message.due)
    if is_silence(message.dependency):
        return on_event_silence(services, message.dependency, message.due)
    if is_dead_letters(message.dependency):
        return on_dead_letters(SelfReporter.of(services), services.dead_letters, message.due)
    if is_of_sign_ins(message.dependency):
        reporter, is_asked = SelfReporter.of(services), services.can_investigate
        return on_sign_ins(reporter, message.dependency, message.due, is_asked=is_asked)
    if is_own_configuration(message.dependency):
        return on_own_configuration(SelfReporter.of(services), message.due)
    if is_own(message.dependency):
        missed = not_swept(services.store, services.facts.subscriptions)
        begun = begin_sweeps(services.store, services.inventory, missed, services.clock())
        return begun + on_own_gap(SelfReporter.of(services), message.due)
    return on_blind(SelfReporter.of(services), message, services.is_watched)


def _config(services: Services, message: ConfigMessage) -> Outbound:
    if message.unwatched:
        return on_unwatched(services, message)
    return on_config(
        services.store,
        message,
        has_control=services.has_control,
        clock=services.clock,
        requeue=services.config.timing.requeue,
    )


def _release(services: Services, message: ReleaseMessage) -> Outbound:
    requeue = services.config.timing.requeue
    return on_release(
        services.store, services.channels, message, now=services.clock(), requeue=requeue
    )


def _channel(services: Services, message: ChannelMessage) -> Outbound:
    if message.channel == evidence_health.NAME:
        return evidence_health.on_evidence_health(services, message)
    drop_settled(services.store, message.channel)
    return on_channel(services, message.channel, message.home, message.due, took=message.took)


def _sweep(services: Services, message: SweepMessage) -> Outbound:
    return on_sweep(services, message.subscription, message.run, message.due, deliver=_deliver_text)


def _logged(services: Services, message: LoggedMessage) -> Outbound:
    follow_up = on_event(services, message.event)
    if message.due:  # the event is stored by now, or was before
        services.store.commit(keys.META, [Delete(message.due)])
    return follow_up


def _moving(services: Services, message: MovingMessage) -> Outbound:
    event, group = message.event, message.group
    return on_moved(services, event, group, tries=message.tries, due_key=message.due)


def _deliver(services: Services, message: DeliverMessage) -> Outbound:
    delivery_key = DeliveryKey(
        resource=message.resource,
        control=message.control,
        number=message.number,
        channel=message.channel,
        due=message.due,
        net=message.net,
    )
    return deliver(services, delivery_key)


def _deliver_text(services: Services, text: str) -> Outbound:
    details = details_of(text)
    return step_of(own(kind_of(details), details))(services)


def _evidence(services: Services, message: EvidenceMessage) -> Outbound:
    write_records(services.store, services.evidence, message, services.clock)
    return Outbound()


def _investigate(services: Services, message: InvestigateMessage) -> Outbound:
    outbound = on_investigate(services, message)
    # A message that comes again after a crash starts the clock too.
    breach, now = services.config.breach, services.clock()
    start_clock(services.store, message, breach, app=services.facts, now=now)
    return outbound


def _spread(services: Services, message: SpreadMessage) -> Outbound:
    delivery_key = DeliveryKey(
        resource=message.resource,
        control=message.control,
        number=message.number,
        channel="",
        net=message.due,
    )
    return redeliver(services.store, delivery_key)


_STEPS: Final[Mapping[type[OwnMessage], Callable[[Services, Any], Outbound]]] = {
    WakeMessage: lambda services, each: on_due_row(services, each.resource, each.due, each.reason),
    BlindMessage: _blind,
    ChannelMessage: _channel,
    ContextMessage: on_context,
    InvestigateMessage: _investigate,
    SweepMessage: _sweep,
    LinksMessage: lambda services, each: on_links(each, services.watched),
    DoneMessage: lambda services, each: on_done(
        services.store, each.home, (each.due, each.row_key)
    ),
    MovingMessage: _moving,
    ArrivedMessage: lambda services, each: on_arrived(services, each.event, each.old, each.new),
    LeftMessage: lambda services, each: on_left(services, each.event, each.old, each.new),
    DeliverMessage: _deliver,
    SpreadMessage: _spread,
    FanningMessage: on_fanning,
    ConfigMessage: _config,
    ReleaseMessage: _release,
    MarkMessage: lambda services, each: on_mark(services.store, each),
    ForgetMessage: lambda services, each: on_forget(services.store, each),
    AgeMessage: on_age,
    LoggedMessage: _logged,
    EvidenceMessage: _evidence,
    RemindMessage: on_remind,
}


def step_of(message: OwnMessage) -> HandleMessage:
    """Return the step that handles a message which the monitor sent to itself."""
    handler = _STEPS[type(message)]
    return lambda services: handler(services, message)
