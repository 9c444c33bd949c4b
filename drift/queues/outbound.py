"""The kinds of queue messages, and the messages that a step sends to each queue."""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_MESSAGE_BYTES: Final = 48 * 1024
"""The longest text of an Azure queue message: 48 KiB, which are 64 KiB in base64.
https://learn.microsoft.com/azure/storage/queues/storage-queues-introduction"""


class MessageKind(enum.StrEnum):
    """The ``kind`` of a message on the wire; never renamed."""

    EVENT = "event"
    FANOUT = "fanout"
    MOVE = "move"
    DROPPED = "dropped"
    WAKE = "wake"
    BLIND = "blind"
    CHANNEL = "channel"
    CONTEXT = "context"
    LINKS = "links"
    DONE = "done"
    MOVING = "moving"
    ARRIVED = "arrived"
    LEFT = "left"
    SWEEP = "sweep"
    DELIVER = "deliver"
    SPREAD = "spread"
    DEFERRED = "deferred"
    STORED = "stored"
    FORGET = "forget"
    AGE = "age"


_DELIVERIES: Final = frozenset({MessageKind.DELIVER, MessageKind.SPREAD})
"""The kinds that go to the queue ``deliveries``; all others go to ``changes``."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """The texts of messages for the queues ``changes`` and ``deliveries``."""

    changes: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()

    def __add__(self, other: "Outbound") -> "Outbound":
        return Outbound(self.changes + other.changes, self.deliveries + other.deliveries)


def text_of(data: Mapping[str, Any]) -> str:
    """Return the text of one queue message."""
    return json.dumps(data, separators=(",", ":"))


def of_row(key: str, data: Mapping[str, Any]) -> Outbound:
    """Return the message of a due row, for the queue of its kind; ``key`` is the row's key.

    A kind of a newer version goes to ``changes``, where it is deferred.
    """
    text = text_of({**data, "due": key})
    return (
        Outbound(deliveries=(text,)) if data["kind"] in _DELIVERIES else Outbound(changes=(text,))
    )
