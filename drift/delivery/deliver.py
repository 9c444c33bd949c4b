"""Send one channel the changes of an incident that it has not been told, in order; record its answer."""

import sysconfig
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from drift.codec import check_schema, decode
from drift.delivery import delivery_log, outages, redelivery
from drift.delivery import held as delivery_held
from drift.delivery.cursor import (
    Claim,
    DeliveryKey,
    claim,
    is_undelivered,
    oldest_undelivered,
    redelivery_at,
    spent_rows,
    store_cursor,
)
from drift.errors import DeliveryFailed, DeliveryRejected, NotUnderstood
from drift.notices import Notice
from drift.ports import Delete, Row, Write
from drift.queues.outbound import Outbound
from drift.self_monitoring.not_understood import change_key, change_put
from drift.services import Services
from drift.state import packing

_BUDGET: Final = timedelta(seconds=20)
"""How long one invocation goes on sending; the rest is asked for by another message."""


def deliver(services: Services, delivery_key: DeliveryKey) -> Outbound:
    """Send what is unsent, oldest first, until all is sent, the channel refuses, or time is up."""
    asked = _deliver(services, delivery_key)
    if delivery_key.net:
        redelivery.undelivered_keys(services, delivery_key)
    return asked


def _deliver(services: Services, delivery_key: DeliveryKey) -> Outbound:
    """Take the cursor and send.

    What is unsent of the opening before comes first: its end, sent last, would look like this one's.
    """
    channel = next((each for each in services.channels if each.name == delivery_key.channel), None)
    if channel is None:
        return delivery_held.hold_without_settings(services, delivery_key)
    total = Outbound()
    if is_undelivered(services, delivery_key.before):
        total += _deliver(services, delivery_key.before)
        if is_undelivered(services, delivery_key.before):
            total += delivery_held.wait_for_previous(services, delivery_key)
            delivery_log.trace_wait(
                services, delivery_key, reason="a change of the opening before is not sent yet"
            )
            return total
    began = services.clock()  # before the claim: a store that takes long must not outlast it
    held = claim(services, delivery_key, channel)
    if held is None:
        delivery_log.trace_wait(services, delivery_key)
    while held:
        row = oldest_undelivered(services, delivery_key, held.cursor)
        if row is None:
            return total + _released(services, held)
        if services.clock() - began >= _BUDGET:
            return total + _postponed(services, held)
        held, asked = _send(services, held, row)
        total += asked
    return total


def _send(services: Services, held: Claim, row: Row) -> tuple[Claim | None, Outbound]:
    """Send one change; return the claim while there is more to send, and the work that follows."""
    try:
        notice = _sent(held, row)
    except NotUnderstood as error:
        refused = _deferred(services, held, error)
        delivery_log.trace_wait(services, held.address, reason="another version wrote the change")
    except DeliveryFailed as error:
        refused = _failed(services, held, error)
        delivery_log.trace_refused(services, held, row, error)
    except DeliveryRejected as error:
        refused = None, delivery_held.hold_rejected(services, held, row, error)
        delivery_log.trace_refused(services, held, row, error)
    else:
        return _told(services, held, notice)
    return refused


def _deferred(services: Services, held: Claim, error: NotUnderstood) -> tuple[None, Outbound]:
    """Leave a change of another version where it is, count it, and try again in a while.

    It never counts as told: what comes after it waits for it.
    """
    at = services.clock() + timedelta(seconds=services.config.timing.requeue_seconds)
    since = held.cursor.deferred_since or services.clock()
    cursor = replace(held.cursor.freed(), retry_at=at, deferred_since=since)
    writes: list[Write] = [*spent_rows(held.address), redelivery_at(held.address, at)]
    if held.cursor.deferred_since is None:
        writes.append(change_put(services, held.address.key, held.address.details, error))
    store_cursor(services, held, cursor, writes)
    return None, Outbound()


def _sent(held: Claim, row: Row) -> Notice:
    """Send one change and return it; raise DeliveryFailed, DeliveryRejected or NotUnderstood.

    An error of our own, in decoding the change or in building the message, rejects it: a second try
    ends in the same way, so it must be recorded, counted and told elsewhere. Its text is left out, for
    it may hold a secret.
    """
    try:
        check_schema(row.data)
        notice = decode(Notice, packing.unpack(row.data, "notice")).for_channels
        held.channel.send(notice, opening=not held.cursor.heard)
    except (DeliveryFailed, DeliveryRejected, NotUnderstood):
        raise
    except Exception as error:  # noqa: BLE001 - any bug of a message would else be a silent loop
        why = (
            f"{held.channel.name}: error of the monitor while building the message: {_place(error)}"
        )
        remedy = (
            "report it with this text; the change is sent when a version without the error runs"
        )
    else:
        return notice
    raise DeliveryRejected(why, remedy=remedy)


def _place(error: Exception) -> str:
    """Return the kind of an error, and the file and line of the project's own that it comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = [each for each in frames if not _is_foreign(each.filename)][-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"


def _is_foreign(path: str) -> bool:
    return "site-packages" in path or path.startswith(sysconfig.get_path("stdlib"))


def _told(services: Services, held: Claim, notice: Notice) -> tuple[Claim | None, Outbound]:
    """Record that a change was told; count again what the channel refuses, if that was told elsewhere."""
    cursor = replace(
        held.cursor,
        told=notice.sequence,
        heard=notice.closure is None,
        times={**held.cursor.times, str(notice.sequence): services.clock()},
        attempts=0,
        retry_at=None,
        held_since=None,
        fingerprint="",
        failing_since=None,
        deferred_since=None,
    )
    writes = outages.end_outage(services, held)
    if held.cursor.deferred_since:
        writes.append(Delete(change_key(held.address.key)))
    asked = Outbound()
    if outages.may_be_counted(services, held.cursor) or delivery_held.is_outage_reported(
        services, held.address.channel
    ):
        row, asked = delivery_held.recount_outage(services, held.address, took=True)
        writes.append(row)
    kept = store_cursor(services, held, cursor, writes)
    delivery_log.trace_sent(services, held, notice, is_stored=kept is not None)
    return kept, asked


def _failed(services: Services, held: Claim, error: DeliveryFailed) -> tuple[None, Outbound]:
    """Try again later, as ``deliver_retry_seconds`` says; never before the channel allows it."""
    delays = services.config.timing.deliver_retry_seconds
    delay = delays[min(held.cursor.attempts, len(delays) - 1)]
    at = services.clock() + timedelta(seconds=max(delay, error.retry_after or 0.0))
    cursor = replace(
        held.cursor.freed(),
        attempts=held.cursor.attempts + 1,
        retry_at=at,
        fingerprint=held.channel.fingerprint,
    )
    cursor, rows = outages.note_failure(services, held, cursor, error)
    store_cursor(
        services, held, cursor, [*spent_rows(held.address), redelivery_at(held.address, at), *rows]
    )
    return None, Outbound()


def _released(services: Services, held: Claim) -> Outbound:
    """Give the cursor back with everything told, and ask for what was added meanwhile."""
    kept = store_cursor(services, held, held.cursor.freed(), spent_rows(held.address))
    late = kept and oldest_undelivered(services, held.address, held.cursor)
    return Outbound(deliveries=(held.address.message,)) if late else Outbound()


def _postponed(services: Services, held: Claim) -> Outbound:
    store_cursor(services, held, held.cursor.freed(), ())
    return Outbound(deliveries=(held.address.message,))
