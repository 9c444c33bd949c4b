"""The port to the events that Event Grid could not deliver: they wait as blobs in a container."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """Events that Event Grid could not deliver; ``is_whole``: there are no more of them.

    ``count`` is the number of blobs, each with one event or several; ``oldest`` is None where no blob
    shows when it was made.
    """

    count: int
    oldest: datetime | None
    is_whole: bool


class DeadLetterBox(Protocol):
    """The place where Event Grid keeps the events that it could not deliver."""

    def waiting(self) -> DeadLetters | None:
        """Return the events that wait there, None if there is no such place; raise SourceUnavailable."""
