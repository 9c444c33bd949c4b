"""How far each log has been read, and which of its newest rows are known: one row for each feed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from drift.codec import Extensible, check_schema, decode, encode, versioned
from drift.ports import Delete, Put, Store
from drift.state import keys, packing
from drift.state.keys import RowKind

QUERY_TYPE: Final = "microsoft.operationalinsights/queries"

MOST_KNOWN: Final = 10_000
"""Rows remembered. One that is forgotten is followed up again, which changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCursor(Extensible):
    """How far a log has been read, without a gap; ``known`` holds the rows that the overlap reads again.

    ``failing_since`` is since when the log cannot be read, with ``failure`` its last answer and
    ``failing_status`` its status. ``retry_at`` is until when it asked to wait.
    """

    feed: str
    read_until: datetime
    known: Mapping[str, datetime] = field(default_factory=dict)
    failing_since: datetime | None = None
    failing_status: int = 0
    failure: str = ""
    retry_at: datetime | None = None


def find_log_cursor(store: Store, feed: str) -> tuple[LogCursor | None, str]:
    """Return a cursor and the etag of its row, None and "" where there is none; raise NotUnderstood."""
    row = store.get(keys.META, _key(feed))
    if row is None:
        return None, ""
    check_schema(row.data)
    return decode(LogCursor, packing.unpack(row.data, "cursor")), row.etag


def source_of_feed(feed: str) -> str:
    """Return the dependency that stands for a query of the workspace."""
    return f"/providers/{QUERY_TYPE}/{feed}"


def cursor_put(cursor: LogCursor, etag: str) -> Put:
    """Return the write of a cursor."""
    return Put(_key(cursor.feed), versioned(packing.pack(encode(cursor), "cursor")), etag)


def cursor_delete(feed: str, etag: str) -> Delete:
    """Return the end of a cursor."""
    return Delete(_key(feed), etag)


def recent_rows(known: Mapping[str, datetime], since: datetime) -> dict[str, datetime]:
    """Return the rows that the next read may return again."""
    kept = sorted(
        (each for each in known.items() if each[1] >= since), key=lambda each: each[1], reverse=True
    )
    return dict(kept[:MOST_KNOWN])


def _key(feed: str) -> str:
    return keys.row_key(RowKind.META, "log", feed)
