"""Records of what was given up: messages that no version can read, and changes that a channel refused."""

from datetime import UTC, datetime, timedelta
from typing import Final

from drift.ports import Delete, Row
from drift.services import Services
from drift.state.keys import STAMP, RowKind

_KEPT: Final = timedelta(days=30)


def drop_given_up(services: Services, shard: str, row: Row, _: datetime) -> bool:
    """Delete the record of a dropped message or of an undelivered change after 30 days."""
    if services.clock() - _given_up_at(row) >= _KEPT:
        services.store.commit(shard, [Delete(row.key)])
    return True


def _given_up_at(row: Row) -> datetime:
    kind, second, *_ = row.key.split("|")
    if kind == RowKind.DROPPED:
        return datetime.strptime(second, STAMP).replace(tzinfo=UTC)
    return datetime.fromisoformat(row.data["given_up"])
