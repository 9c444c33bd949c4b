"""A channel that does not answer for now: counted, and told through the others, once that lasts.

The first failure of a delivery writes a ``held`` row that counts from ``channel_outage_seconds`` later,
and a due row that has the channel's incident looked at then. A send that succeeds deletes both. So
nothing hangs on when the next try is, which the channel itself may put off for an hour.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import versioned
from drift.delivery.cursor import Claim, Cursor, DeliveryKey
from drift.errors import DeliveryFailed
from drift.ports import Delete, Put, Write
from drift.queues.messages import ChannelMessage
from drift.services import Services
from drift.state import due_rows

log: Final = logging.getLogger("drift.delivery.deliver")

_MARGIN: Final = timedelta(minutes=1)
"""Another instance's clock may be ahead by so much: it may have counted the outage already."""


def note_failure(
    services: Services, held: Claim, cursor: Cursor, error: DeliveryFailed
) -> tuple[Cursor, list[Write]]:
    """Return the cursor of a failed send, and the rows that tell of it once it has lasted."""
    address, why = held.address, str(error)
    if since := held.cursor.held_since:  # rejected before: it stays counted until it is told
        return cursor, [held_row(address, since, cursor.fingerprint, why=why)]
    since = held.cursor.failing_since or services.clock()
    counts = _counts_from(services, since)
    rows: list[Write] = [held_row(address, since, cursor.fingerprint, why=why, counts_from=counts)]
    if held.cursor.failing_since is None:
        log.warning("channel %s fails for now, trying again: %s", address.channel, why)
        rows.append(_look(address, counts))
    return replace(cursor, failing_since=since), rows


def end_outage(services: Services, held: Claim) -> list[Write]:
    """Return the end of the rows of a channel that has taken a change."""
    cursor, address = held.cursor, held.address
    writes: list[Write] = []
    if cursor.held_since or cursor.failing_since:
        writes.append(Delete(address.held_key))
    if cursor.failing_since:
        writes.append(Delete(_look(address, _counts_from(services, cursor.failing_since)).key))
    return writes


def may_be_counted(services: Services, cursor: Cursor) -> bool:
    """Tell whether a channel's incident may be open because of this delivery."""
    if cursor.failing_since is None:
        return cursor.held_since is not None
    return services.clock() + _MARGIN >= _counts_from(services, cursor.failing_since)


def held_row(
    delivery_key: DeliveryKey,
    since: datetime,
    fingerprint: str,
    *,
    why: str = "",
    remedy: str = "",
    counts_from: datetime | None = None,
) -> Put:
    """Return the row that says that a channel does not take an incident under these settings."""
    data = {
        **delivery_key.details,
        "since": since.isoformat(),
        "fingerprint": fingerprint,
        "why": why,
        "remedy": remedy,
        "counts_from": counts_from.isoformat() if counts_from else "",
    }
    return Put(delivery_key.held_key, versioned(data))


def _counts_from(services: Services, since: datetime) -> datetime:
    return since + timedelta(seconds=services.config.timing.channel_outage_seconds)


def _look(delivery_key: DeliveryKey, at: datetime) -> Put:
    """Return the due row that has the channel's incident looked at."""
    message = ChannelMessage(channel=delivery_key.channel, home=delivery_key.resource, took=False)
    return due_rows.due_put(message, at, *delivery_key.names, delivery_key.channel, "outage")
