"""Limit the workers that one subscription uses, so that its storm does not delay other subscriptions.

A queue is handled in the order of its messages. So if a subscription already uses its share of the
workers, its next message is passed on to the queue of background work, and the worker takes another
message.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

from drift.errors import Conflict
from drift.ports import Store
from drift.queues.outbound import BACKGROUND, Outbound
from drift.state import keys
from drift.state.due_rows import passed_on_put

AT_ONCE: Final = 12
"""How many messages of one queue a subscription may use at once: half of the limit in host.json."""


class Turns:
    """Counts the messages in work, by subscription; threads share it."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, subscription: str) -> Iterator[bool]:
        """Tell whether a message of a subscription may be handled now; it counts until the end."""
        with self._lock:
            is_free = self._taken[subscription] < self._most
            self._taken[subscription] += 1 if is_free else 0
        try:
            yield is_free
        finally:
            with self._lock:
                self._taken[subscription] -= 1 if is_free else 0


def pass_on(store: Store, text: str, details: Mapping[str, Any], now: datetime) -> Outbound:
    """Return a message for the queue of background work, and note in its due row that it waits there.

    Without the note, ``tick`` would enqueue it again as soon as its first queue has come this far.
    A row that was moved or deleted meanwhile stays unchanged: its message may be enqueued again,
    which costs one read of the record.
    """
    key, resource = details.get("due"), details.get("resource")
    if isinstance(key, str) and isinstance(resource, str) and key:
        partition = keys.partition(resource)
        if row := store.get(partition, key):
            with suppress(Conflict):
                store.commit(partition, [passed_on_put(row, BACKGROUND, now)])
    return Outbound(background=(text,))
