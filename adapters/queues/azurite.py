"""Queues in Azurite, as the Functions host keeps them in an account of Azure Storage.

An account has no transaction over messages: the outputs of a message are sent first, then the message
is deleted. A process that dies in between leaves both, and the message runs again, as in Azure.
"""

import base64
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from adapters.queues.azure_calls import MessageGone, QueueCalls
from adapters.queues.azurite_leases import MessageHolders
from adapters.queues.protocol import POISON_SUFFIX, QueueCounts, TakenMessage, Texts, check_messages
from drift.config.storage_account import StorageAccount

_MAX_TAKEN: Final = 32
"""The most messages that one request returns."""

_NO_EXPIRY: Final = -1


@dataclass(slots=True)
class _Lease:
    """The current receipt of a taken message; each renewal replaces it.

    ``content`` is the message as stored in the account; "" if another process took it.
    """

    receipt: str
    seconds: float = 0.0
    content: str = field(default="", repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock)


class StorageQueues:
    """Implements ``adapters.queues.protocol.Queues``; ``file`` records which messages this machine holds."""

    def __init__(self, account: StorageAccount, file: Path | str) -> None:
        self._calls = QueueCalls(account)
        self._held = MessageHolders(file)
        # Keyed by message and receipt: messages taken together may share a receipt.
        self._leases: dict[tuple[str, str], _Lease] = {}

    def open(self) -> None:
        """Raise QueuesUnavailable if the account does not answer."""
        self._calls.call(lambda account: list(islice(account.list_queues(results_per_page=1), 1)))

    def put(self, queue: str, text: str, *, visible_after: float = 0.0) -> None:
        """Add a message that can be taken after this many seconds; raise MessageRefused."""
        check_messages([(queue, text)])
        content = base64.b64encode(text.encode()).decode()  # the messageEncoding of host.json
        self._send(queue, content, visible_after)

    def put_many(self, messages: Texts) -> None:
        """Add (queue, text) pairs, one after the other; raise MessageRefused, and none is added."""
        check_messages(messages)
        for queue, text in messages:
            self.put(queue, text)

    def take(
        self, queue: str, count: int = 1, *, lease_seconds: float, owner: str
    ) -> tuple[TakenMessage, ...]:
        """Take up to ``count`` visible messages, 32 at most; a lease lasts whole seconds."""
        most, seconds = min(count, _MAX_TAKEN), max(1, math.ceil(lease_seconds))
        found = self._calls.call_queue(
            queue,
            lambda client: list(
                client.receive_messages(
                    messages_per_page=most, max_messages=most, visibility_timeout=seconds
                )
            ),
        )
        taken = tuple(_message(queue, each) for each in found)
        for each, sent in zip(taken, found, strict=True):
            self._leases[_key(each)] = _Lease(each.receipt, seconds, str(sent.content))
        if taken:
            self._held.add(taken, owner)
        return taken

    def complete(self, message: TakenMessage, outputs: Texts = ()) -> bool:
        """Send the outputs of a message and delete it; raise MessageRefused.

        False, and nothing was sent, if the lease is lost.
        """
        check_messages(outputs)

        def finish(lease: _Lease) -> None:
            if outputs:  # no other process may take it meanwhile
                self._renew(message, lease, lease.seconds)
            self.put_many(outputs)
            self._delete(message, lease)

        return self._while_held(message, finish)

    def renew(self, message: TakenMessage, lease_seconds: float) -> bool:
        """Extend the lease to this many seconds from now; False if it is lost."""
        return self._while_held(message, lambda lease: self._renew(message, lease, lease_seconds))

    def release(self, message: TakenMessage, delay: float = 0.0) -> bool:
        """Return a message to its queue, visible after this many seconds; False if the lease is lost."""

        def give_back(lease: _Lease) -> None:
            self._hide(message, lease, delay)
            self._forget(message, lease)

        return self._while_held(message, give_back)

    def move_to_poison(self, message: TakenMessage) -> bool:
        """Move a message to its queue's poison queue, uncounted; False if the lease is lost.

        Its content is not changed: a message from another sender may be larger than ``put`` allows.
        """

        def give_up(lease: _Lease) -> None:
            self._renew(message, lease, lease.seconds)
            self._send(message.queue + POISON_SUFFIX, lease.content)
            self._delete(message, lease)

        return self._while_held(message, give_up)

    def reclaim(self, owner_is_dead: Callable[[str], bool]) -> int:
        """Make the messages of this machine's dead owners visible at once; return their number."""
        dead = self._held.of_dead_owners(owner_is_dead)
        self._leases.update({_key(each): _Lease(each.receipt) for each in dead})
        return sum(self.release(each) for each in dead)

    def counts(self, queue: str) -> QueueCounts:
        """Count a queue's messages, the taken ones included in ``waiting``."""
        return self._calls.counts(queue)

    def close(self) -> None:
        """Close every connection and the file; no call may follow."""
        self._calls.close()
        self._held.close()

    def _send(self, queue: str, content: str, visible_after: float = 0.0) -> None:
        self._calls.call_queue(
            queue,
            lambda client: client.send_message(
                content, visibility_timeout=math.ceil(visible_after), time_to_live=_NO_EXPIRY
            ),
        )

    def _delete(self, message: TakenMessage, lease: _Lease) -> None:
        self._calls.call_queue(
            message.queue, lambda client: client.delete_message(message.id, lease.receipt)
        )
        self._forget(message, lease)

    def _renew(self, message: TakenMessage, lease: _Lease, seconds: float) -> None:
        before, lease.receipt = lease.receipt, self._hide(message, lease, max(1.0, seconds))
        self._held.renewed(message.id, before, lease.receipt)

    def _hide(self, message: TakenMessage, lease: _Lease, seconds: float) -> str:
        """Hide a message for this many seconds; return its new receipt."""
        hidden = self._calls.call_queue(
            message.queue,
            lambda client: client.update_message(
                message.id, lease.receipt, visibility_timeout=math.ceil(seconds)
            ),
        )
        return str(hidden.pop_receipt)

    def _while_held(self, message: TakenMessage, act: Callable[[_Lease], None]) -> bool:
        """Act on a message under its lock; False if another process holds it."""
        lease = self._leases.get(_key(message))
        if lease is None:
            return False
        with lease.lock:
            if _key(message) not in self._leases:
                return False
            try:
                act(lease)
            except MessageGone:
                self._forget(message, lease)
                return False
            return True

    def _forget(self, message: TakenMessage, lease: _Lease) -> None:
        del self._leases[_key(message)]
        self._held.ended(message.id, lease.receipt)


def _key(message: TakenMessage) -> tuple[str, str]:
    return message.id, message.receipt


def _message(queue: str, found: Any) -> TakenMessage:
    return TakenMessage(
        id=found.id,
        queue=queue,
        text=_text(found.content),
        dequeue_count=found.dequeue_count,
        receipt=found.pop_receipt,
    )


def _text(content: str) -> str:
    """Return the text of a message; one from another sender may not be base64 and is returned as it is."""
    try:
        return base64.b64decode(content, validate=True).decode()
    except ValueError:
        return content
