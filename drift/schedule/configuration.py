"""A changed configuration: make open, unknown and excepted resources due, a part at a time."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.controls.monitor_controls import BLIND, BREACH_CLOCK, CHANNEL, SELF, SIGN_IN
from drift.errors import NotUnderstood
from drift.ports import Row, Store
from drift.queues.messages import (
    BlindMessage,
    ChannelMessage,
    ConfigMessage,
    WakeMessage,
)
from drift.queues.outbound import Outbound
from drift.queues.own_message import RowMessage
from drift.schedule import walks
from drift.self_monitoring.own_configuration import note_hash
from drift.state import keys
from drift.state.due_rows import CONFIG, due_put, wake_at
from drift.state.keys import RowKind
from drift.state.resource_record import load_record
from drift.state.update import retry_on_conflict

log: Final = logging.getLogger("drift.schedule.configuration")

_KEY: Final = keys.row_key(RowKind.META, "config")
_OWN: Final = "phidrift"
"""The provider in the ids of incidents about the monitor itself."""


def begin_config_walk(
    store: Store, config_hash: str, *, now: datetime, requeue: timedelta
) -> Outbound:
    """Begin the walk if the configuration has changed; the first configuration changes nothing."""
    row = store.get(keys.META, _KEY)
    if row is not None and row.data.get("hash") == config_hash:
        return Outbound()
    if row is not None:  # before the hash is stored, so that no crash loses it
        note_hash(store, str(row.data.get("hash", "")), config_hash, now)
    message = ConfigMessage(config=config_hash)
    due = [walks.step_put(message, config_hash, now=now, requeue=requeue)] if row else []
    is_begun = walks.begin(store, row, _KEY, {"hash": config_hash}, due=due)
    return walks.message_of(due[0], message) if is_begun and due else Outbound()


def on_config(
    store: Store,
    message: ConfigMessage,
    *,
    has_control: Callable[[str], bool],
    clock: Callable[[], datetime],
    requeue: timedelta,
) -> Outbound:
    """Make the next resources due, and continue by another message; a newer walk ends this one."""
    row = store.get(keys.META, _KEY)
    is_newest = row is not None and row.data.get("hash") == message.config

    def judge_again(row: Row) -> None:
        resource_id, control_id = str(row.data["resource"]), str(row.data["control"])
        if has_control(control_id):  # that of another version waits for that version
            _judge_again(store, resource_id, control_id, clock())

    return walks.visit_part(
        store, message, judge_again, is_newest=is_newest, clock=clock, requeue=requeue
    )


def _judge_again(store: Store, resource_id: str, control_id: str, now: datetime) -> None:
    """Make a resource due, unless the id is of an incident about the monitor itself: ARM cannot read it."""
    is_reported = control_id in (SELF.id, SIGN_IN.id) and ids.provider_of(resource_id) == _OWN
    if control_id == BLIND.id or is_reported:
        _ask(store, resource_id, BlindMessage(dependency=resource_id, at_once=True), now)
    elif control_id == BREACH_CLOCK.id:
        return  # it is compared each morning
    elif control_id == CHANNEL.id:
        channel = ids.name_of(resource_id)
        recount = ChannelMessage(channel=channel, home=resource_id, took=False)
        _ask(store, resource_id, recount, now)
    else:
        _make_due_if_readable(store, resource_id, now)


def _ask(store: Store, subject: str, message: RowMessage, at: datetime) -> None:
    store.commit(keys.partition(subject), [due_put(message, at, keys.digest(subject))])


def _make_due_if_readable(store: Store, resource_id: str, at: datetime) -> None:
    """Make a resource due; if another version wrote its record, keep the message until it is readable."""
    try:
        _make_due(store, resource_id, at)
    except NotUnderstood as error:
        log.warning("a resource is not evaluated by the new configuration: %s", error)
        _ask(store, resource_id, WakeMessage(resource=resource_id, reason=CONFIG), at)


def _make_due(store: Store, resource_id: str, at: datetime) -> None:
    def attempt() -> None:
        stored = load_record(store, resource_id)
        record, writes = wake_at(stored.record, CONFIG, at)
        put = replace(stored, record=record).put()
        store.commit(keys.partition(resource_id), [*writes, put])

    retry_on_conflict(resource_id, attempt)
