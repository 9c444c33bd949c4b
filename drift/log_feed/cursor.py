"""Up to when each log has been read, and which of its newest rows are known: one row for each feed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from drift.codec import check_schema, decode, encode, versioned
from drift.events import Event
from drift.extensible import Extensible
from drift.ports import Delete, Put, Store
from drift.state import keys, packing
from drift.state.keys import RowKind

QUERY_TYPE: Final = "microsoft.operationalinsights/queries"

MOST_KNOWN: Final = 10_000
"""How many of the newest rows are stored. Older rows are known by the document that they changed."""

MOST_DOCUMENTS: Final = 5_000
"""How many changed documents are stored. If more change within one overlap, some are read again each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCursor(Extensible):
    """Up to when a log has been read, without a gap; ``known`` holds the rows that the overlap reads again.

    ``documents`` holds the newest handled change of each document, ``forgotten`` is the time
    of the newest row within the overlap that ``known`` had no room for.
    ``failing_since`` is since when the log cannot be read, with ``failure`` its last answer and
    ``failing_status`` its status. ``retry_at`` is the time until which it asked to wait.
    """

    feed: str
    read_until: datetime
    known: Mapping[str, datetime] = field(default_factory=dict)
    documents: Mapping[str, datetime] = field(default_factory=dict)
    forgotten: datetime | None = None
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


def is_followed_up(cursor: LogCursor, event: Event) -> bool:
    """Tell whether a row that ``known`` may have dropped needs no read: its document was read after it.

    This applies only to rows for which ``known`` had no room; other late rows are handled, for
    their actor.
    """
    if cursor.forgotten is None or event.at > cursor.forgotten:
        return False
    followed_up = cursor.documents.get(_document_mark(event))
    return followed_up is not None and event.at <= followed_up


def moved_on(
    cursor: LogCursor, rows: Mapping[str, datetime], events: Iterable[Event], since: datetime
) -> LogCursor:
    """Return a cursor with the new rows and the handled events, as far back as the overlap."""
    known = {**cursor.known, **rows}
    kept = _newest(known, since, MOST_KNOWN)
    dropped = [at for mark, at in known.items() if at >= since and mark not in kept]
    if cursor.forgotten and cursor.forgotten >= since:
        dropped.append(cursor.forgotten)
    documents = dict(cursor.documents)
    for each in events:
        mark = _document_mark(each)
        documents[mark] = max(each.at, documents.get(mark, each.at))
    return replace(
        cursor,
        known=kept,
        documents=_newest(documents, since, MOST_DOCUMENTS),
        forgotten=max(dropped, default=None),
    )


def _newest(times: Mapping[str, datetime], since: datetime, most: int) -> dict[str, datetime]:
    """Return the newest entries from a time on: the next read may return them again."""
    recent = ((mark, at) for mark, at in times.items() if at >= since)
    return dict(sorted(recent, key=lambda each: each[1], reverse=True)[:most])


def _document_mark(event: Event) -> str:
    return keys.digest(f"{event.target}|{event.subject}".lower())[:16]


def _key(feed: str) -> str:
    return keys.row_key(RowKind.META, "log", feed)
