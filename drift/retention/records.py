"""Delete the records of unreadable messages and of undelivered changes."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from drift.codec import check_schema, time_in
from drift.delivery.cursor import DeliveryKey
from drift.delivery.held import give_up_without_settings
from drift.errors import NotUnderstood
from drift.ports import Delete, Row
from drift.retention.cleanup import Cleanup
from drift.state.keys import STAMP, RowKind

_KEPT: Final = timedelta(days=30)


def drop_given_up(cleanup: Cleanup, shard: str, row: Row) -> bool:
    """Delete the record of a dropped message or of an undelivered change after 30 days."""
    try:
        is_old = cleanup.clock() - _given_up_at(row) >= _KEPT
    except NotUnderstood:  # the version that wrote it deletes it
        return True
    if is_old:
        cleanup.store.commit(shard, [Delete(row.key)])
    return True


def give_up_held(cleanup: Cleanup, _: str, row: Row) -> bool:
    """Give up changes that have waited for 30 days for a channel that no longer has settings."""
    now = cleanup.clock()
    with suppress(NotUnderstood):  # the version that wrote it gives it up
        check_schema(row.data)
        delivery_key, since = DeliveryKey.of(row.data), time_in(row.data, "since")
        if delivery_key.channel not in cleanup.channels and now - since >= _KEPT:
            give_up_without_settings(cleanup.store, delivery_key, since, now=now)
    return True


def _given_up_at(row: Row) -> datetime:
    check_schema(row.data)
    kind, second, *_ = row.key.split("|")
    if kind == RowKind.DROPPED:
        return datetime.strptime(second, STAMP).replace(tzinfo=UTC)
    return time_in(row.data, "given_up")
