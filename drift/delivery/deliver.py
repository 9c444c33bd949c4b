"""Send a channel the undelivered changes of an incident, in order, and record its answer."""

import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from drift.clock import bounds
from drift.codec import check_schema, decode
from drift.delivery import delivery_log, outages, redelivery
from drift.delivery import held as delivery_held
from drift.delivery.cursor import (
    Claim,
    Cursor,
    DeliveryKey,
    claim_cursor,
    is_undelivered,
    oldest_undelivered,
    redelivery_at,
    sequence_of,
    spent_rows,
    store_cursor,
)
from drift.delivery.told_record import Told, told_rows
from drift.errors import DeliveryFailed, DeliveryRejected, NotUnderstood, StoreUnavailable
from drift.notices import Heartbeat, Notice
from drift.ports import Channel, Delete, Row, Store, Write, takes_heartbeats
from drift.queues.outbound import Outbound
from drift.self_monitoring import monitor_channel
from drift.self_monitoring.not_understood import change_key, change_put
from drift.services import Services
from drift.state import packing

_REPORT: Final = (
    "report it with this text; the change is sent when a version without the error runs"
)

_BUDGET: Final = timedelta(seconds=20)
"""How long one message sends the changes of one opening; another message sends the rest."""


def deliver(services: Services, delivery_key: DeliveryKey) -> Outbound:
    """Send the undelivered changes, oldest first, until all are sent, the channel refuses, or time is up."""
    channel = next((each for each in services.channels if each.name == delivery_key.channel), None)
    follow_up = (
        _deliver_in_order(services, delivery_key, channel)
        if channel
        else delivery_held.hold_without_settings(services.store, delivery_key, now=services.clock())
    )
    if delivery_key.net:
        redelivery.uncovered_deliveries(services.store, delivery_key)
    return follow_up


def _deliver_in_order(services: Services, delivery_key: DeliveryKey, channel: Channel) -> Outbound:
    """Deliver the openings of a finding, oldest first, up to the one that was asked for.

    If the end of an earlier opening were sent after the start of a later one, it would look like
    the end of the later one. So an opening waits until the previous one is delivered.
    """
    oldest, *later = reversed([*_undelivered_openings(services.store, delivery_key)])
    total = _deliver_opening(services, oldest, channel)
    for opening in later:
        total += (
            _wait_for_previous(services, opening)
            if is_undelivered(services.store, opening.before)
            else _deliver_opening(services, opening, channel)
        )
    return total


def _wait_for_previous(services: Services, delivery_key: DeliveryKey) -> Outbound:
    now = services.clock()
    follow_up = delivery_held.wait_for_previous(services.store, delivery_key, now=now)
    reason = "a change of the earlier opening is not sent yet"
    delivery_log.trace_wait(services.store, delivery_key, now=now, reason=reason)
    return follow_up


def _undelivered_openings(store: Store, delivery_key: DeliveryKey) -> Iterator[DeliveryKey]:
    """Yield the requested opening, and the undelivered openings before it."""
    yield delivery_key
    while is_undelivered(store, delivery_key.before):
        delivery_key = delivery_key.before
        yield delivery_key


def _deliver_opening(services: Services, delivery_key: DeliveryKey, channel: Channel) -> Outbound:
    """Claim the cursor, and send until all is sent, the channel refuses, or time is up."""
    store, total = services.store, Outbound()
    began = services.clock()  # before the claim: a slow store must not make the sends outlast it
    lasting = timedelta(seconds=services.config.timing.claim_seconds)
    claim = claim_cursor(store, delivery_key, channel, now=began, lasting=lasting)
    if claim is None:
        delivery_log.trace_wait(store, delivery_key, now=services.clock())
    until = began + lasting / 2  # a store that stalls must not keep every change from being sent
    while claim:  # ends: each turn moves the cursor to a later change, or returns no claim
        row = oldest_undelivered(store, delivery_key, claim.cursor)
        if row is None:
            return total + _release(store, claim)
        if services.clock() >= until:
            return total + _postpone(store, claim)
        claim, follow_up = _deliver_change(services, claim, row)
        total += follow_up
        until = began + _BUDGET
    return total


def _deliver_change(services: Services, claim: Claim, row: Row) -> tuple[Claim | None, Outbound]:
    """Send one change; return the claim while there is more to send, and the messages that follow."""
    try:
        sent = _send(claim, row)
    except NotUnderstood as error:
        _defer(services, claim, error)
        reason, now = "another version wrote the change", services.clock()
        delivery_log.trace_wait(services.store, claim.delivery_key, now=now, reason=reason, row=row)
    except DeliveryFailed as error:
        _retry_later(services, claim, error)
        delivery_log.trace_refused(services.store, claim, row, error)
    except DeliveryRejected as error:
        now, timing = services.clock(), services.config.timing
        return None, delivery_held.hold_rejected(
            services.store, claim, row, error, now=now, timing=timing
        )
    else:
        return _record_delivered(services, claim, row, sent)
    return None, Outbound()


def _defer(services: Services, claim: Claim, error: NotUnderstood) -> None:
    """Leave a change of another version in the outbox, count it, and retry later.

    It never counts as delivered: the later changes wait for it.
    """
    now, delivery_key = services.clock(), claim.delivery_key
    at = now + services.config.timing.requeue
    cursor = replace(
        claim.cursor.freed(), retry_at=at, deferred_since=claim.cursor.deferred_since or now
    )
    writes: list[Write] = [*spent_rows(delivery_key), redelivery_at(delivery_key, at)]
    if claim.cursor.deferred_since is None:
        writes.append(change_put(delivery_key.key, delivery_key.details, error, now=now))
    store_cursor(services.store, claim, cursor, writes)


def _send(claim: Claim, row: Row) -> Notice | Heartbeat:
    """Send one change or heartbeat and return it; raise DeliveryFailed, DeliveryRejected or NotUnderstood.

    If our own code fails to decode the change or to build the message, the change counts as
    rejected: a second try would fail in the same way, so the error is recorded, counted and
    reported through other channels. The text of the error is omitted: it may contain a secret.
    """
    try:
        check_schema(row.data)
        content = _content(row, claim.channel.name)
        if claim.delivery_key.is_heartbeat and takes_heartbeats(claim.channel):
            heartbeat = decode(Heartbeat, content)
            claim.channel.send_heartbeat(heartbeat)
            return heartbeat
        notice = decode(Notice, content).for_channels
        # After the end no channel has an open incident, and a later message does not open one.
        opening = not claim.cursor.heard and notice.closure is None
        claim.channel.send(notice, opening=opening)
    except (DeliveryFailed, DeliveryRejected, NotUnderstood):
        raise
    except Exception as error:  # noqa: BLE001 - any bug of a message would else be a silent loop
        why = (
            f"{claim.channel.name}: error of the monitor while building the message: "
            f"{_place(error)}"
        )
    else:
        return notice
    raise DeliveryRejected(why, remedy=_REPORT)


def _content(row: Row, channel: str) -> Any:
    """Return the content of a change; a change that this version wrote but cannot unpack is rejected."""
    try:
        return packing.unpack(row.data, "notice")
    except NotUnderstood as error:
        why = f"{channel}: error of the monitor while building the message: {error}"
        raise DeliveryRejected(why, remedy=_REPORT) from None


def _place(error: Exception) -> str:
    """Return the type of an error, and the file and line of this project that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = [each for each in frames if not _is_foreign(each.filename)][-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"


def _is_foreign(path: str) -> bool:
    return "site-packages" in path or path.startswith(sysconfig.get_path("stdlib"))


def _record_delivered(
    services: Services, claim: Claim, row: Row, sent: Notice | Heartbeat
) -> tuple[Claim | None, Outbound]:
    """Record that a change was sent; the commit of the last one also releases the claim.

    Check the channel's own incident if this may close it.
    """
    now, timing, delivery_key = services.clock(), services.config.timing, claim.delivery_key
    cursor = _after_delivery(claim.cursor, sequence_of(row), sent, now)
    writes = outages.end_outage(claim, timing)
    if claim.cursor.deferred_since:
        writes.append(Delete(change_key(delivery_key.key)))
    follow_up = Outbound()
    is_reported = outages.may_be_counted(claim.cursor, now=now, timing=timing)
    if is_reported or _may_be_reported(services.store, delivery_key.channel):
        recount, follow_up = delivery_held.recount_outage(delivery_key, took=True, now=now)
        writes.append(recount)
    is_last = _is_last(services.store, delivery_key, cursor)
    if is_last:
        cursor = cursor.freed()
        writes += spent_rows(delivery_key)
    writes += told_rows(delivery_key, row, Told.SENT, now)
    kept = store_cursor(services.store, claim, cursor, writes)
    if isinstance(sent, Notice):
        delivery_log.trace_sent(claim, sent, now=now, is_stored=kept is not None)
    else:
        delivery_log.trace_heartbeat(claim, sent)
    if kept and is_last:
        return None, follow_up + _ask_for_late(services.store, kept)
    return kept, follow_up


def _after_delivery(
    cursor: Cursor, sequence: int, sent: Notice | Heartbeat, now: datetime
) -> Cursor:
    """Return the cursor after a change was sent: nothing is on hold or retried any more."""
    return replace(
        cursor,
        told=sequence,
        heard=isinstance(sent, Notice) and sent.closure is None,
        times=cursor.times_with(sequence, now),
        attempts=0,
        retry_at=None,
        held_since=None,
        fingerprint="",
        failing_since=None,
        deferred_since=None,
    )


def _may_be_reported(store: Store, channel: str) -> bool:
    """Tell whether the channel's own incident may be open; True where the store does not answer."""
    try:
        return monitor_channel.is_reported(store, channel)
    except StoreUnavailable:
        return True


def _is_last(store: Store, delivery_key: DeliveryKey, cursor: Cursor) -> bool:
    """Tell whether there is nothing more to send; False if the store does not answer.

    A sent change must be recorded before anything else can fail; the next turn checks again.
    """
    try:
        return oldest_undelivered(store, delivery_key, cursor) is None
    except StoreUnavailable:
        return False


def _retry_later(services: Services, claim: Claim, error: DeliveryFailed) -> None:
    """Retry after ``timing.deliver_retry_seconds``, and never before the channel allows it."""
    now, timing, delivery_key = services.clock(), services.config.timing, claim.delivery_key
    delays, attempts = timing.deliver_retry_seconds, claim.cursor.attempts
    delay = bounds.nth_of(delays, attempts)
    at = bounds.later(now, bounds.seconds_span(max(delay, error.retry_after or 0.0)))
    cursor = replace(
        claim.cursor.freed(),
        attempts=attempts + 1,
        retry_at=at,
        fingerprint=claim.channel.fingerprint,
    )
    cursor, rows = outages.note_failure(claim, cursor, error, now=now, timing=timing)
    writes = [*spent_rows(delivery_key), redelivery_at(delivery_key, at), *rows]
    store_cursor(services.store, claim, cursor, writes)


def _release(store: Store, claim: Claim) -> Outbound:
    """Release the claim if there is nothing to send."""
    kept = store_cursor(store, claim, claim.cursor.freed(), spent_rows(claim.delivery_key))
    return _ask_for_late(store, kept) if kept else Outbound()


def _ask_for_late(store: Store, claim: Claim) -> Outbound:
    """Request changes that were added before the claim was released: their own message found it claimed."""
    is_late = oldest_undelivered(store, claim.delivery_key, claim.cursor)
    return Outbound(deliveries=(claim.delivery_key.message,)) if is_late else Outbound()


def _postpone(store: Store, claim: Claim) -> Outbound:
    """Release the claim, and ask for the rest by another message."""
    store_cursor(store, claim, claim.cursor.freed(), ())
    return Outbound(deliveries=(claim.delivery_key.message,))
