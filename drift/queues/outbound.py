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
    FANNING = "fanning"
    CONFIG = "config"
    RELEASE = "release"
    MARK = "mark"
    STORED = "stored"
    FORGET = "forget"
    AGE = "age"
    LOGGED = "logged"
    INVESTIGATE = "investigate"
    EVIDENCE = "evidence"
    REMIND = "remind"


CHANGES: Final = "changes"
"""The queue of events, and of other work that must read at once."""
DELIVERIES: Final = "deliveries"
"""The queue of deliveries to channels."""
BACKGROUND: Final = "background"
"""The queue of background work: sweeps, retries, confirmations, large fan-outs."""

_QUEUES: Final[Mapping[str, str]] = {
    MessageKind.DELIVER: DELIVERIES,
    MessageKind.SPREAD: DELIVERIES,
    MessageKind.BLIND: BACKGROUND,
    MessageKind.CONTEXT: BACKGROUND,
    MessageKind.INVESTIGATE: BACKGROUND,
    MessageKind.SWEEP: BACKGROUND,
    MessageKind.DEFERRED: BACKGROUND,
    MessageKind.FANNING: BACKGROUND,
    MessageKind.CONFIG: BACKGROUND,
    MessageKind.FORGET: BACKGROUND,
    MessageKind.AGE: BACKGROUND,
    MessageKind.EVIDENCE: BACKGROUND,
    MessageKind.REMIND: BACKGROUND,
    MessageKind.RELEASE: DELIVERIES,
}
"""The queue of each kind that a due row may hold; all others go to ``changes``."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """The texts of messages for each queue."""

    changes: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()
    background: tuple[str, ...] = ()

    def __add__(self, other: "Outbound") -> "Outbound":
        return Outbound(
            self.changes + other.changes,
            self.deliveries + other.deliveries,
            self.background + other.background,
        )


def to_queue(queue: str, *texts: str) -> Outbound:
    """Return messages for one queue."""
    if queue == DELIVERIES:
        return Outbound(deliveries=texts)
    return Outbound(background=texts) if queue == BACKGROUND else Outbound(changes=texts)


def queue_of(data: Mapping[str, Any]) -> str:
    """Return the queue of a message; one of a newer version goes to ``changes``, where it is deferred."""
    kind = data.get("kind")
    return _QUEUES.get(kind, CHANGES) if isinstance(kind, str) else CHANGES


def text_of(data: Mapping[str, Any]) -> str:
    """Return the text of one queue message."""
    return json.dumps(data, separators=(",", ":"))


def of_row(key: str, data: Mapping[str, Any], queue: str = "") -> Outbound:
    """Return the message of a due row, for this queue or that of its kind; ``key`` is the row's key."""
    return to_queue(queue or queue_of(data), text_of({**data, "due": key}))
