"""The host's queues: a message that this process adds wakes the listener of its queue."""

import threading
from collections.abc import Iterable
from contextlib import suppress

from adapters.queues.protocol import POISON_SUFFIX, Queues, TakenMessage
from drift.errors import TransientError
from functions_host.functions.calls import Outputs


class LeaseLost(TransientError):
    """Another process has taken the message and will do it again; nothing was sent."""


class HostQueues:
    """Durable queues, and a bell for each of them.

    The output of an invocation is stored before its input message is deleted: a process that dies
    leaves that message, or all of its output, or both.
    """

    def __init__(self, store: Queues, *, owner: str, lease_seconds: float) -> None:
        self._store = store
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._bells: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def bell(self, queue: str) -> threading.Event:
        """Return the event that is set when a queue may have a new message."""
        with self._lock:
            return self._bells.setdefault(queue, threading.Event())

    def put_many(self, outputs: Outputs) -> None:
        """Store messages; SQLite all or none."""
        if outputs:
            self._store.put_many(outputs)
            self._ring(queue for queue, _ in outputs)

    def take(self, queue: str, count: int) -> tuple[TakenMessage, ...]:
        """Take up to ``count`` messages."""
        return self._store.take(queue, count, lease_seconds=self._lease_seconds, owner=self._owner)

    def complete(self, message: TakenMessage, outputs: Outputs) -> None:
        """Store the output of a message and delete the message; raise LeaseLost."""
        if not self._store.complete(message, outputs):
            raise LeaseLost(f"queue {message.queue}: the lease of message {message.id} ended")
        self._ring(queue for queue, _ in outputs)

    def renew(self, message: TakenMessage) -> None:
        """Hold a message for another whole lease."""
        self._store.renew(message, self._lease_seconds)

    def release(self, message: TakenMessage, delay: float) -> None:
        """Return a message to its queue, visible after so many seconds."""
        self._store.release(message, delay)
        self._ring([message.queue])

    def move_to_poison(self, message: TakenMessage) -> bool:
        """Move a message to its poison queue; False if another process has taken it."""
        is_moved = self._store.move_to_poison(message)
        self._ring([message.queue + POISON_SUFFIX])
        return is_moved

    def _ring(self, queues: Iterable[str]) -> None:
        for queue in set(queues):
            with suppress(KeyError):
                self._bells[queue].set()
