"""The delivery state of an incident for each channel: the last sent change, and what waits and why."""

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drift.codec import texts_in
from drift.delivery.cursor import Cursor, DeliveryKey, load_cursor, sequence_of
from drift.errors import NotUnderstood
from drift.ports import Row, Store
from drift.state import keys, paging
from drift.state.incident_record import Incident
from drift.state.keys import RowKind
from drift.state.resource_record import Record

_NOT_READABLE: Final = "(channels not readable)"
"""Placeholder for the channels of a change that another version wrote."""


class Status(enum.StrEnum):
    """The delivery state of an incident for a channel; UNREADABLE: it is not known."""

    SENT = "sent"
    QUEUED = "queued"
    SENDING = "sending"
    RETRY = "retry"
    ON_HOLD = "on hold"
    OTHER_VERSION = "other version"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One incident and one channel.

    ``last_sent`` is 0 where nothing was sent; ``waiting`` are the sequences to send, ``given_up`` those
    that are recorded as undelivered. ``since`` and ``reason`` say why changes wait, ``next_try`` when
    they are sent again.
    """

    control: str
    channel: str
    status: Status
    last_sent: int = 0
    sent_at: datetime | None = None
    waiting: tuple[int, ...] = ()
    given_up: tuple[int, ...] = ()
    attempts: int = 0
    since: datetime | None = None
    next_try: datetime | None = None
    reason: str = ""
    remedy: str = ""


def deliveries_of(store: Store, incident: Incident, now: datetime) -> tuple[Delivery, ...]:
    """Return the delivery state of an incident for each channel."""
    return _deliveries(
        store,
        (incident.resource_id, incident.control_id, incident.number),
        incident.channels,
        now,
    )


def standalone_deliveries(store: Store, record: Record, now: datetime) -> tuple[Delivery, ...]:
    """Return the deliveries of notices that belong to no incident and still wait."""
    controls = (name for name, state in record.controls.items() if state.asides)
    every = (
        each for name in controls for each in _deliveries(store, (record.id, name, 0), (), now)
    )
    return tuple(
        each for each in every if each.waiting or each.given_up or each.status is Status.UNREADABLE
    )


def _deliveries(
    store: Store, names: tuple[str, str, int], channels: Iterable[str], now: datetime
) -> tuple[Delivery, ...]:
    resource, control, number = names
    place = keys.below(RowKind.OUTBOX, keys.digest(resource), control, keys.numbered(number))
    outbox = list(paging.all_rows(store, keys.partition(resource), *place))
    addressed = [(row, _channels(row)) for row in outbox]
    told = (name for _, to in addressed for name in to)
    return tuple(
        _delivery(
            store,
            DeliveryKey(resource=resource, control=control, number=number, channel=channel),
            [sequence_of(row) for row, to in addressed if channel in to],
            now,
        )
        for channel in dict.fromkeys((*channels, *told))
    )


def _channels(row: Row) -> tuple[str, ...]:
    """Return the channels of a change; a placeholder if the change is not understood."""
    try:
        return texts_in(row.data, "channels")
    except NotUnderstood:
        return (_NOT_READABLE,)


def _delivery(
    store: Store, delivery_key: DeliveryKey, sequences: list[int], now: datetime
) -> Delivery:
    held = store.get(delivery_key.partition, delivery_key.held_key)
    try:
        cursor, _ = load_cursor(store, delivery_key)
    except NotUnderstood as error:  # the other channels are still explained
        return Delivery(
            control=delivery_key.control,
            channel=delivery_key.channel,
            status=Status.UNREADABLE,
            given_up=tuple(_given_up(store, delivery_key)),
            reason=f"another version of the monitor wrote it ({error})",
        )
    waiting = tuple(each for each in sequences if each > cursor.told)
    times = cursor.sent_at
    sent = max(times, default=0)
    status = _status(cursor, now) if waiting else Status.SENT
    return Delivery(
        control=delivery_key.control,
        channel=delivery_key.channel,
        status=status,
        last_sent=sent,
        sent_at=times.get(sent),
        waiting=waiting,
        given_up=tuple(_given_up(store, delivery_key)),
        attempts=cursor.attempts,
        since=cursor.held_since or cursor.deferred_since or cursor.failing_since,
        next_try=cursor.claimed_until if status is Status.SENDING else cursor.retry_at,
        reason=_reason(status, cursor, held) if waiting else "",
        remedy=_text(held, "remedy") if waiting else "",
    )


def _status(cursor: Cursor, now: datetime) -> Status:
    if cursor.is_claimed(now):
        return Status.SENDING
    if cursor.deferred_since:
        return Status.OTHER_VERSION
    if cursor.held_since:
        return Status.ON_HOLD
    return Status.RETRY if cursor.retry_at else Status.QUEUED


def _reason(status: Status, cursor: Cursor, held: Row | None) -> str:
    if why := _text(held, "why"):
        return why
    if status is Status.ON_HOLD and not cursor.fingerprint:
        return "the channel has no settings"
    if status is Status.ON_HOLD:
        return "the channel rejects an earlier change"
    if status is Status.OTHER_VERSION:
        return "another version of the monitor wrote the change"
    if status is Status.RETRY:
        return "an earlier change is not sent yet"
    return ""


def _text(row: Row | None, name: str) -> str:
    return str(row.data.get(name, "")) if row else ""


def _given_up(store: Store, delivery_key: DeliveryKey) -> Iterator[int]:
    place = keys.below(RowKind.UNDELIVERED, delivery_key.channel, *delivery_key.names)
    for row in paging.all_rows(store, delivery_key.partition, *place):
        yield int(row.key.rpartition("|")[2])
