"""How many workers of a process one subscription occupies: a storm in it holds up no other.

A queue is worked off in the order of its messages. So a message of a subscription that already
occupies its part of the workers is passed on to the queue of background work, where it waits only for
others of its kind, and the next message is taken.
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
"""Messages of one queue that a subscription has worked on at once: half of what host.json allows."""


class Turns:
    """Counts the messages that are worked on, by subscription; threads share it."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, subscription: str) -> Iterator[bool]:
        """Tell whether a message of a subscription may be worked on now; it counts until the end."""
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

    Without the note, ``tick`` would enqueue it again as soon as its first queue has come this far. A row
    that was moved or deleted meanwhile is left alone: its message may be enqueued again, which costs one
    read of the record.
    """
    key, resource = details.get("due"), details.get("resource")
    if isinstance(key, str) and isinstance(resource, str) and key:
        partition = keys.partition(resource)
        if row := store.get(partition, key):
            with suppress(Conflict):
                store.commit(partition, [passed_on_put(row, BACKGROUND, now)])
    return Outbound(background=(text,))
