"""How many workers of a process one subscription occupies: a storm in it holds up no other.

A queue is worked off in the order of its messages. So a message of a subscription that already
occupies its part of the workers is passed on to the queue of background work, where it waits only for
others of its kind, and the next message is taken.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

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
