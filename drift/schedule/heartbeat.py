"""The hourly heartbeat to every SIEM channel: a missing heartbeat shows that the monitor has stopped.

It is delivered like a change of an incident that never ends and whose number is the hour. One row
holds the newest heartbeat, and a new one replaces it, so that refused heartbeats do not pile up.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from drift.codec import encode, versioned
from drift.delivery.cursor import DeliveryKey, sequence_of
from drift.errors import Conflict
from drift.evidence_log.head import notes
from drift.notices import HEARTBEAT, Heartbeat
from drift.ports import Channel, Delete, Put, Row, Store, Write, takes_heartbeats
from drift.queues.messages import SpreadMessage
from drift.queues.outbound import Outbound, of_row
from drift.self_monitoring.last_event import last_event_at
from drift.services import AppInfo
from drift.state import due_rows, keys, packing
from drift.state.due_rows import REDELIVERY_DELAY
from drift.state.keys import RowKind
from drift.state.known_resources import known_count

SUBJECT: Final = "/providers/phidrift/heartbeats"
"""Stands for the resource id in the rows of a heartbeat."""

_EVERY: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS: Final = DeliveryKey(resource=SUBJECT, control=HEARTBEAT, number=1, channel="")


def begin_heartbeat(
    store: Store, channels: Sequence[Channel], facts: AppInfo, now: datetime
) -> Outbound:
    """Store the heartbeat of this hour, unless it is stored, and return the messages that deliver it."""
    hour = (now - _EPOCH) // _EVERY
    stored = store.range(_ROWS.partition, *keys.below(RowKind.OUTBOX, *_ROWS.names))
    names = tuple(each.name for each in channels if takes_heartbeats(each))
    if any(sequence_of(row) >= hour for row in stored) or not (names or stored):
        return Outbound()
    replaced: list[Write] = [*(Delete(row.key) for row in stored), *_no_longer_held(store, names)]
    if not names:
        store.commit(_ROWS.partition, replaced)
        return Outbound()
    outbox = _outbox_row(_heartbeat(store, facts, hour, now), hour, names)
    redelivery = _redelivery_row(hour, names, now)
    try:
        store.commit(_ROWS.partition, [outbox, redelivery, *replaced])
    except Conflict:  # another instance does it
        return Outbound()
    return of_row(redelivery.key, redelivery.data)


def _heartbeat(store: Store, facts: AppInfo, hour: int, now: datetime) -> Heartbeat:
    """Return the heartbeat of an hour; its id differs from that of another monitor."""
    return Heartbeat(
        uid=keys.digest(" ".join([HEARTBEAT, str(hour), *sorted(facts.subscriptions)])),
        at=now,
        watched=sum(known_count(store, each) for each in facts.subscriptions),
        last_event=last_event_at(store),
        version=facts.code_version,
        checkpoints=notes(store) if facts.keeps_evidence else (),
    )


def _redelivery_row(hour: int, channels: tuple[str, ...], now: datetime) -> Put:
    """Return the redelivery row, which repeats lost messages."""
    message = SpreadMessage(
        resource=SUBJECT,
        control=HEARTBEAT,
        number=_ROWS.number,
        sequence=hour,
        channels=channels,
        decided_at=now,
    )
    return due_rows.due_put(message, now + REDELIVERY_DELAY, *_ROWS.names, keys.numbered(hour))


def _outbox_row(heartbeat: Heartbeat, hour: int, channels: tuple[str, ...]) -> Put:
    """Return the row of a heartbeat; because of the name "notice" an earlier version does not touch it."""
    key = keys.row_key(RowKind.OUTBOX, *_ROWS.names, keys.numbered(hour))
    content = packing.pack(encode(heartbeat), "notice")
    return Put(key, versioned({"channels": list(channels), **content}), etag="")


def _no_longer_held(store: Store, channels: tuple[str, ...]) -> Iterator[Write]:
    """Yield the deletes of the ``held`` rows of heartbeats for channels without settings.

    The cursor is deleted too, because it says that the channel rejected a heartbeat: a channel that
    comes back gets the next one.
    """
    cursors: list[Row] = [*store.range(_ROWS.partition, *keys.below(RowKind.CURSOR, *_ROWS.names))]
    for row in cursors:
        channel = row.key.rpartition("|")[2]
        if channel not in channels:
            yield Delete(row.key)
            yield Delete(keys.row_key(RowKind.HELD, channel, *_ROWS.names))
