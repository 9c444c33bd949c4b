"""Read each log from the end of the last read, and make the changed resources due.

A read begins one overlap before the end of the last one, because rows arrive late; known rows are
skipped. The changes are stored as due rows before the cursor moves, so none is lost. If the log
cannot be read, the cursor does not move.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.errors import Conflict, NotUnderstood, SourceUnavailable
from drift.events import Event
from drift.intake.targets import Watched
from drift.log_feed.cursor import (
    MOST_KNOWN,
    LogCursor,
    cursor_delete,
    cursor_put,
    find_log_cursor,
    is_followed_up,
    moved_on,
    source_of_feed,
)
from drift.log_feed.feeds import FEEDS, Feed, event_of, row_mark, wanted_feeds
from drift.log_feed.sign_ins import note_sign_ins
from drift.ports import MOST_CHANGES, ChangeLog, LoggedChange, Put, Store
from drift.queues.messages import BlindMessage, LoggedMessage
from drift.queues.outbound import Outbound, of_row
from drift.services import AppInfo
from drift.state import due_rows, keys
from drift.state.due_rows import enqueued_put
from drift.trace import trace

log: Final = logging.getLogger("drift.log_feed")

STEP: Final = timedelta(hours=6)
"""The longest time range of one query."""

_MOST_STEPS: Final = 8
"""Queries of one feed in one run; the next run reads the rest of a long gap."""

_BATCH: Final = 50
_TOO_MANY: Final = "TooManyRows"
_REPORT_AGAIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWatch:
    """The logs, and what a run over them needs; ``again`` is when a lost message is repeated.

    ``accounts`` are the ids of the emergency access accounts.
    """

    store: Store
    change_log: ChangeLog | None
    app: AppInfo
    watched: Watched
    clock: Callable[[], datetime]
    again: timedelta
    accounts: tuple[str, ...] = ()

    def run(self) -> Outbound:
        """Read every required feed; a failing feed does not block the others."""
        total, feeds = Outbound(), wanted_feeds(self.watched, self.app, self.accounts)
        for each in FEEDS:
            if self.change_log and each in feeds:
                total += self._feed(each, self.change_log)
            else:
                total += self._forget(each)
        return total

    def _forget(self, feed: Feed) -> Outbound:
        """Delete the state of a feed that is no longer read, and close its report."""
        try:
            cursor, etag = find_log_cursor(self.store, feed.query)
            if cursor is None:
                return Outbound()
            self._keep_report(feed, cursor)
            self.store.commit(keys.META, [cursor_delete(feed.query, etag)])
        except (Conflict, NotUnderstood):
            return Outbound()
        return _report(feed) if cursor.failing_since else Outbound()

    def _feed(self, feed: Feed, change_log: ChangeLog) -> Outbound:
        """Read one feed, in steps, up to now, unless another instance is faster."""
        total = Outbound()
        try:
            for _ in range(_MOST_STEPS):
                cursor, etag = find_log_cursor(self.store, feed.query)
                now = self.clock()
                cursor = cursor or LogCursor(feed=feed.query, read_until=now - feed.overlap)
                if cursor.retry_at and now < cursor.retry_at:
                    return total
                until = min(now, cursor.read_until + STEP)
                since = cursor.read_until - feed.overlap
                rows, until = self._whole(change_log, feed, since, until)
                total += self._step(feed, rows, until, (cursor, etag))
                if until == now:
                    break
        except SourceUnavailable as error:
            return total + self._failed(feed, error)
        except (Conflict, NotUnderstood) as error:
            log.warning(
                "another instance or version reads %s: %s", feed.query, type(error).__name__
            )
        return total

    def _step(
        self,
        feed: Feed,
        rows: Sequence[LoggedChange],
        until: datetime,
        stored: tuple[LogCursor, str],
    ) -> Outbound:
        """Store the changes in all rows up to a time, then the cursor; raise Conflict."""
        cursor, etag = stored
        fresh = {row_mark(each): each for each in rows if row_mark(each) not in cursor.known}
        found = (event_of(feed, each, self.app, self.watched) for each in fresh.values())
        events = [each for each in found if each and not is_followed_up(cursor, each)]
        puts = [self._due_row(each) for each in events]
        for at in range(0, len(puts), _BATCH):
            self.store.commit(keys.META, puts[at : at + _BATCH])
        told = Outbound()
        if feed.of_accounts:
            told = note_sign_ins(self.store, fresh.values(), self.clock(), self.again)
        times = {mark: each.at for mark, each in fresh.items()}
        moved = replace(
            moved_on(cursor, times, events, until - feed.overlap),
            read_until=until,
            failing_since=None,
            failing_status=0,
            failure="",
            retry_at=None,
        )
        self._keep_report(feed, cursor)
        self.store.commit(keys.META, [cursor_put(moved, etag)])
        trace(log, "log-read", feed=feed.query, until=until, rows=len(rows), changes=len(puts))
        follow_up = sum((of_row(each.key, each.data) for each in puts), told)
        return follow_up + (_report(feed) if cursor.failing_since else Outbound())

    def _keep_report(self, feed: Feed, cursor: LogCursor) -> None:
        """Store a due row that checks the report of a failing log, before the cursor drops it."""
        if cursor.failing_since is None:
            return
        source = source_of_feed(feed.query)
        message, mark = BlindMessage(dependency=source, resource=source), keys.digest(source)
        put = due_rows.due_put(message, self.clock() + _REPORT_AGAIN, mark, mark)
        self.store.commit(keys.partition(source), [put])

    def _due_row(self, event: Event) -> Put:
        """Return the due row that handles a change, and repeats if its message is lost."""
        now = self.clock()
        put = due_rows.due_put(LoggedMessage(event=event), now + self.again, keys.digest(event.id))
        return enqueued_put(put.key, put.data, now)

    def _whole(
        self, change_log: ChangeLog, feed: Feed, since: datetime, until: datetime
    ) -> tuple[Sequence[LoggedChange], datetime]:
        """Return the rows of a time range, the oldest first, and up to when they are complete.

        If an answer is full, the next query begins at its last row; after many new rows the rest waits for
        the next step, so that a step is bounded.
        """
        rows: list[LoggedChange] = []
        values = {"accounts": self.accounts} if feed.of_accounts else {}
        start, before = since, bounds.later(since, feed.overlap)
        while True:
            page = change_log.changes(feed.query, since=start, until=until, values=values)
            rows += page
            if len(page) < MOST_CHANGES:
                return rows, until
            last = max(each.at for each in page)
            if last <= start:
                raise SourceUnavailable(f"log query {feed.query}", 200, _TOO_MANY)
            if sum(each.at > before for each in rows) >= MOST_KNOWN:
                return rows, last
            start = last

    def _failed(self, feed: Feed, error: SourceUnavailable) -> Outbound:
        """Store since when a log cannot be read, and the due row of its report; the cursor does not move."""
        now = self.clock()
        log.warning("%s cannot be read: %s", feed.query, error)
        cursor, etag = find_log_cursor(self.store, feed.query)
        cursor = cursor or LogCursor(feed=feed.query, read_until=now - feed.overlap)
        failing = replace(
            cursor,
            failing_since=cursor.failing_since or now,
            failing_status=error.status,
            failure=str(error),
            retry_at=bounds.later(now, bounds.seconds_span(error.retry_after))
            if error.retry_after
            else None,
        )
        try:
            self.store.commit(keys.META, [cursor_put(failing, etag)])
        except Conflict:  # another instance has read it, or failed too
            return Outbound()
        return _report(feed)


def _report(feed: Feed) -> Outbound:
    return Outbound(background=(BlindMessage(dependency=source_of_feed(feed.query)).text,))
