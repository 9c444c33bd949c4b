"""The queues as the host uses them: whatever this process puts wakes whoever waits for it here."""

import threading
from collections.abc import Iterable
from contextlib import suppress

from adapters.queues.protocol import POISON_SUFFIX, Message, Queues
from drift.errors import TransientError
from functions_host.functions.calls import Outputs


class LeaseLost(TransientError):
    """A message was taken by somebody else meanwhile, who will do it again; nothing was sent."""


class HostQueues:
    """Durable queues, and a bell for each of them.

    What one invocation sends is stored before the message that set it off ends: a process that dies
    leaves that message, or all that it led to, or both.
    """

    def __init__(self, store: Queues, *, owner: str, lease_seconds: float) -> None:
        self._store = store
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._bells: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def bell(self, queue: str) -> threading.Event:
        """Return the event that is set whenever something may have come into a queue."""
        with self._lock:
            return self._bells.setdefault(queue, threading.Event())

    def put_many(self, outputs: Outputs) -> None:
        """Store messages; SQLite all or none."""
        if outputs:
            self._store.put_many(outputs)
            self._ring(queue for queue, _ in outputs)

    def take(self, queue: str, count: int) -> tuple[Message, ...]:
        """Take up to ``count`` messages."""
        return self._store.take(queue, count, lease_seconds=self._lease_seconds, owner=self._owner)

    def complete(self, message: Message, outputs: Outputs) -> None:
        """Store what a message led to, and end it; raise LeaseLost."""
        if not self._store.complete(message, outputs):
            raise LeaseLost(f"queue {message.queue}: the lease of message {message.id} ended")
        self._ring(queue for queue, _ in outputs)

    def renew(self, message: Message) -> None:
        """Hold a message for another whole lease."""
        self._store.renew(message, self._lease_seconds)

    def release(self, message: Message, delay: float) -> None:
        """Give a message back, to be tried again after so many seconds."""
        self._store.release(message, delay)
        self._ring([message.queue])

    def move_to_poison(self, message: Message) -> bool:
        """Give a message up; False if somebody else has taken it meanwhile."""
        is_moved = self._store.move_to_poison(message)
        self._ring([message.queue + POISON_SUFFIX])
        return is_moved

    def _ring(self, queues: Iterable[str]) -> None:
        for queue in set(queues):
            with suppress(KeyError):
                self._bells[queue].set()
