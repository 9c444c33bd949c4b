"""What travels on the queues, and what a step asks to be put on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

WAKE: Final = "wake"
"""A resource has something due: a settling read, a retry, a poll."""
BLIND: Final = "blind"
"""Count again which resources a dependency keeps from being judged."""
CHANNEL: Final = "channel"
"""Count again what a channel refuses."""
CONTEXT: Final = "context"
"""Ask the activity log about an incident."""
LINKS: Final = "links"
"""Follow up what a write has put others in touch with."""
DONE: Final = "done"
"""End a due row whose messages are all on the queue."""
MOVE: Final = "moving"
"""Look which resources of a group have got another id."""
ARRIVED: Final = "arrived"
"""Judge what was moved under its new id."""
LEFT: Final = "left"
"""End what was moved under its old id."""
SWEEP: Final = "sweep"
"""Go on with the sweep of a subscription."""
DELIVER: Final = "deliver"
"""Tell a channel what it has not been told of an incident."""
SPREAD: Final = "spread"
"""Ask again for the deliveries of a change that nobody has in hand."""

_DELIVERIES: Final = frozenset({DELIVER, SPREAD})
"""The kinds of queue ``deliveries``; all others are of ``changes``."""


@dataclass(frozen=True, slots=True)
class Work:
    """Texts for the queues ``changes`` and ``deliveries``."""

    changes: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()

    def __add__(self, other: "Work") -> "Work":
        return Work(self.changes + other.changes, self.deliveries + other.deliveries)


def message(kind: str, **details: Any) -> str:
    """Return the text of one queue message."""
    return json.dumps({"kind": kind, **details}, separators=(",", ":"))


def queued(kind: str, text: str) -> Work:
    """Return the message as work for the queue its kind belongs to."""
    return Work(deliveries=(text,)) if kind in _DELIVERIES else Work(changes=(text,))


def queue_of(details: Mapping[str, Any]) -> Work:
    """Return a due row's message as work."""
    return queued(str(details["kind"]), json.dumps(details, separators=(",", ":")))
