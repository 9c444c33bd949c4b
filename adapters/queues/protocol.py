"""The contract of all queues: messages with a lease, and a poison queue beside each queue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from drift.errors import TransientError
from drift.queues.outbound import MAX_MESSAGE_BYTES

NAMES: Final = ("changes", "deliveries", "background")
"""The queues of the app; each has a poison queue beside it."""

POISON_SUFFIX: Final = "-poison"

_UNKNOWN_FIGURES: Final = dict.fromkeys(("waiting", "running", "poison"))

Texts = Sequence[tuple[str, str]]
"""Messages to add, each as (queue, text)."""


class MessageRefused(ValueError):
    """A message is too large for a queue in Azure, so every queue refuses it."""


class QueuesUnavailable(TransientError):
    """The queues' file or account refused or failed to answer; an account may have stored the message."""


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """One taken message; ``receipt`` proves the lease, ``dequeue_count`` is 1 the first time."""

    id: str
    queue: str
    text: str = field(repr=False)
    dequeue_count: int
    receipt: str


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many messages wait (delayed ones too) and how many are taken and not yet done.

    ``running`` is None if the store does not count them apart: then ``waiting`` includes them.
    """

    waiting: int
    running: int | None


class Queues(Protocol):
    """All queues of an app. A message is stored before the call that put it returns.

    Raises QueuesUnavailable if they cannot be read or written.
    """

    def open(self) -> None:
        """Raise QueuesUnavailable if they cannot be used at all."""

    def put(self, queue: str, text: str, *, visible_after: float = 0.0) -> None:
        """Add a message that can be taken after this many seconds; raise MessageRefused."""

    def put_many(self, messages: Texts) -> None:
        """Add messages; raise MessageRefused, and then none is added."""

    def take(
        self, queue: str, count: int = 1, *, lease_seconds: float, owner: str
    ) -> tuple[TakenMessage, ...]:
        """Take up to ``count`` visible messages; others see them again when the lease ends."""

    def complete(self, message: TakenMessage, outputs: Texts = ()) -> bool:
        """Delete a message and add its outputs; False, and nothing is added, if the lease is lost.

        A lease is lost once it has ended and another process has taken the message. Raise MessageRefused.
        """

    def renew(self, message: TakenMessage, lease_seconds: float) -> bool:
        """Extend the lease to this many seconds from now; False if it is lost."""

    def release(self, message: TakenMessage, delay: float = 0.0) -> bool:
        """Return a message to its queue, visible after this many seconds; False if the lease is lost."""

    def move_to_poison(self, message: TakenMessage) -> bool:
        """Move a message to its queue's poison queue, uncounted; False if the lease is lost.

        It moves unchanged, whatever its size: plain text of another sender may have 64 KiB.
        """

    def reclaim(self, owner_is_dead: Callable[[str], bool]) -> int:
        """Make the messages of dead owners visible at once; return their number."""

    def counts(self, queue: str) -> QueueCounts:
        """Count a queue's messages; a lease that has ended counts as waiting."""

    def close(self) -> None:
        """Close connections; no call may follow."""


def figures(counts: Callable[[str], QueueCounts] | None) -> dict[str, dict[str, int | None]]:
    """Return the figures of each queue for ``/api/health``; without ``counts`` all are None."""
    return {each: _figures(counts, each) if counts else dict(_UNKNOWN_FIGURES) for each in NAMES}


def _figures(counts: Callable[[str], QueueCounts], queue: str) -> dict[str, int | None]:
    now, given_up = counts(queue), counts(queue + POISON_SUFFIX)
    poison = given_up.waiting + (given_up.running or 0)
    return {"waiting": now.waiting, "running": now.running, "poison": poison}


def check_messages(messages: Texts) -> None:
    """Raise MessageRefused if one of them is larger than a queue in Azure accepts."""
    for queue, text in messages:
        size = len(text.encode())
        if size > MAX_MESSAGE_BYTES:
            raise MessageRefused(f"queue {queue}: {size} bytes, at most {MAX_MESSAGE_BYTES}")
