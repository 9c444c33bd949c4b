"""Marks show the progress of a queue, so that nothing is enqueued again while the queue is long.

A mark is a message that only records when it was put on its queue. A mark that comes back proves
that the messages before it were taken: if a due row is still there, its message is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift.codec import decode, encode, versioned
from drift.errors import Conflict, NotUnderstood
from drift.extensible import Extensible
from drift.ports import Put, Row, Store
from drift.queues.messages import MarkMessage
from drift.queues.outbound import Outbound, to_queue
from drift.state import keys
from drift.state.keys import RowKind
from drift.state.update import retry_on_conflict

_SHORTEST_WAIT: Final = timedelta(seconds=20)
"""How long a due row waits for a mark at first: two ticks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueProgress(Extensible):
    """When the last mark was put on a queue, and when the last returned mark was put on it."""

    asked: datetime | None = None
    passed: datetime | None = None

    def is_waiting(self, now: datetime, patience: timedelta) -> bool:
        """Tell whether a mark is on the queue; a mark that is out for too long counts as lost."""
        if self.asked is None or (self.passed and self.passed >= self.asked):
            return False
        return now - self.asked < patience


class QueueMarks:
    """The state of the queues for one tick; it loads a queue's row on first use."""

    def __init__(self, store: Store, now: datetime, patience: timedelta) -> None:
        self._store = store
        self._now = now
        self._patience = patience
        self._progress: dict[str, QueueProgress] = {}
        self._wanted: set[str] = set()

    def has_passed(self, queue: str, enqueued: datetime) -> bool:
        """Tell whether a queue has reached the messages enqueued at a time; if not, request a mark."""
        progress = self._load(queue)
        if progress.passed and progress.passed > enqueued:
            return True
        self._wanted.add(queue)
        return False

    def wait(self, queue: str) -> timedelta:
        """Return how long a row waits for its queue: longer if the mark has been out for longer."""
        progress = self._load(queue)
        if progress.asked is None or not progress.is_waiting(self._now, self._patience):
            return _SHORTEST_WAIT
        return max(_SHORTEST_WAIT, self._now - progress.asked)

    def messages(self) -> Outbound:
        """Return a mark for each queue that was asked about and has none."""
        return sum((self._mark(each) for each in sorted(self._wanted)), Outbound())

    def _mark(self, queue: str) -> Outbound:
        if self._load(queue).is_waiting(self._now, self._patience):
            return Outbound()
        message = MarkMessage(queue=queue, asked=self._now)
        try:
            _update(self._store, queue, lambda before: replace(before, asked=self._now))
        except Conflict:
            return Outbound()  # another tick has sent one
        return to_queue(queue, message.text)

    def _load(self, queue: str) -> QueueProgress:
        if queue not in self._progress:
            self._progress[queue] = _decoded(self._store.get(keys.META, _key(queue)))
        return self._progress[queue]


def on_mark(store: Store, message: MarkMessage) -> Outbound:
    """Record that a mark came back from a queue."""

    def passed(before: QueueProgress) -> QueueProgress:
        newest = max(before.passed or message.asked, message.asked)
        return replace(before, passed=newest)

    retry_on_conflict(message.queue, lambda: _update(store, message.queue, passed))
    return Outbound()


def _update(store: Store, queue: str, change: Callable[[QueueProgress], QueueProgress]) -> None:
    row = store.get(keys.META, _key(queue))
    put = Put(_key(queue), versioned(encode(change(_decoded(row)))), row.etag if row else "")
    store.commit(keys.META, [put])


def _decoded(row: Row | None) -> QueueProgress:
    """Return the stored state of a queue; data of another version counts as unknown."""
    try:
        return decode(QueueProgress, row.data) if row else QueueProgress()
    except NotUnderstood:
        return QueueProgress()


def _key(queue: str) -> str:
    return keys.row_key(RowKind.META, "queue", queue)
