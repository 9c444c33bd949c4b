"""The contract of all queues: messages with a lease, and a poison queue beside each queue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from drift.errors import TransientError

MAX_MESSAGE_BYTES: Final = 48 * 1024
"""What an Azure queue message holds once it is base64: 64 KiB on the wire, 48 KiB of text.
https://learn.microsoft.com/azure/storage/queues/storage-queues-introduction"""

NAMES: Final = ("changes", "deliveries")
"""The queues of the app; each has a poison queue beside it."""

POISON_SUFFIX: Final = "-poison"

_UNKNOWN_FIGURES: Final = dict.fromkeys(("waiting", "running", "poison"))

Texts = Sequence[tuple[str, str]]
"""Messages to be, each with its queue: (queue, text)."""


class MessageRefused(ValueError):
    """A message is too large for a queue in Azure, so every queue refuses it."""


class QueuesUnavailable(TransientError):
    """The queues' file or account refused or failed to answer; an account may have stored the message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One taken message; ``receipt`` proves the lease, ``dequeue_count`` is 1 the first time."""

    id: str
    queue: str
    text: str = field(repr=False)
    dequeue_count: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages wait (delayed ones too) and how many are taken and not yet done.

    ``running`` is None where that is not told: those are then among the waiting.
    """

    waiting: int
    running: int | None


class Queues(Protocol):
    """All queues of an app. A message is stored before the call that put it returns.

    Raises QueuesUnavailable where they cannot be read or written.
    """

    def open(self) -> None:
        """Raise where they cannot be used at all."""

    def put(self, queue: str, text: str, *, visible_after: float = 0.0) -> None:
        """Add a message that can be taken after so many seconds; raise MessageRefused."""

    def put_many(self, messages: Texts) -> None:
        """Add messages; raise MessageRefused, and then none is added."""

    def take(
        self, queue: str, count: int = 1, *, lease_seconds: float, owner: str
    ) -> tuple[Message, ...]:
        """Take up to ``count`` visible messages; others see them again when the lease ends."""

    def complete(self, message: Message, outputs: Texts = ()) -> bool:
        """Delete a message and add what it led to; False, and nothing is added, if it is lost.

        It is lost once its lease has ended and another process has taken it. Raise MessageRefused.
        """

    def renew(self, message: Message, lease_seconds: float) -> bool:
        """Let the lease run so many seconds from now; False if it is lost."""

    def release(self, message: Message, delay: float = 0.0) -> bool:
        """Give a message back, visible after so many seconds; False if the lease is lost."""

    def move_to_poison(self, message: Message) -> bool:
        """Move a message to its queue's poison queue, uncounted; False if the lease is lost.

        It moves unchanged, whatever its size: plain text of another sender may have 64 KiB.
        """

    def reclaim(self, owner_is_dead: Callable[[str], bool]) -> int:
        """Make what dead owners hold visible at once; return how many messages that were."""

    def counts(self, queue: str) -> Counts:
        """Count a queue's messages; a lease that has ended counts as waiting."""

    def close(self) -> None:
        """Close connections; nothing can be called after."""


def figures(counts: Callable[[str], Counts] | None) -> dict[str, dict[str, int | None]]:
    """Return how full each queue of the app is, as ``/api/health`` tells it; None tells nothing."""
    return {each: _figures(counts, each) if counts else dict(_UNKNOWN_FIGURES) for each in NAMES}


def _figures(counts: Callable[[str], Counts], queue: str) -> dict[str, int | None]:
    now, given_up = counts(queue), counts(queue + POISON_SUFFIX)
    poison = given_up.waiting + (given_up.running or 0)
    return {"waiting": now.waiting, "running": now.running, "poison": poison}


def check_messages(messages: Texts) -> None:
    """Raise MessageRefused where one of them is larger than a queue in Azure takes."""
    for queue, text in messages:
        size = len(text.encode())
        if size > MAX_MESSAGE_BYTES:
            raise MessageRefused(f"queue {queue}: {size} bytes, at most {MAX_MESSAGE_BYTES}")
