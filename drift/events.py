"""The messages that an event becomes on the queue ``changes``: events, fan-outs, moves, drops."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from drift.codec import decode, encode, versioned
from drift.errors import FieldMissing, MalformedEvent
from drift.extensible import Extensible
from drift.model import Actor
from drift.queues.outbound import MessageKind

FAILED: Final = frozenset(
    {
        "microsoft.resources.resourcewritefailure",
        "microsoft.resources.resourcewritecancel",
    }
)
"""A write that failed or was cancelled; it may have been applied in part."""
SUCCEEDED: Final = frozenset(
    {
        "microsoft.resources.resourcewritesuccess",
        "microsoft.resources.resourceactionsuccess",
    }
)
WRITTEN: Final = SUCCEEDED | FAILED | {"microsoft.resourcenotifications.resources.createdorupdated"}
DELETED: Final = frozenset(
    {
        "microsoft.resources.resourcedeletesuccess",
        "microsoft.resourcenotifications.resources.deleted",
    }
)
ASSESSED: Final = frozenset(
    {
        "microsoft.policyinsights.policystatecreated",
        "microsoft.policyinsights.policystatechanged",
        "microsoft.policyinsights.policystatedeleted",
    }
)
"""Policy states: the resource itself was not written, yet it is evaluated."""
LINKED: Final = "PhiDrift.Link"
"""An event that the monitor creates because a write of another resource affected this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Extensible):
    """One reason to read a resource.

    ``subject`` is the id of the document that was written, as the event spells it; ``target`` the id
    of the resource to evaluate, "" while unknown; ``deleted``: the target itself was deleted.
    ``payload`` is the target's document in the event, None where there is none.
    """

    id: str
    type: str
    operation: str
    subject: str
    target: str
    at: datetime
    actor: Actor | None
    correlation_id: str
    deleted: bool
    payload: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fanout(Extensible):
    """A change of a document with dependents, which the dependents index of the store lists.

    ``after`` is the key of the last row of the previous page, "" for the first page.
    """

    document: str
    event: Event
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Resources of a group were moved; no event names them or their new ids."""

    group: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An event that cannot be understood, and why; nothing of its content."""

    id: str
    type: str
    reason: str


Message = Event | Fanout | Move | Dropped

KINDS: Final[Mapping[str, type[Message]]] = {
    MessageKind.EVENT: Event,
    MessageKind.FANOUT: Fanout,
    MessageKind.MOVE: Move,
    MessageKind.DROPPED: Dropped,
}


def to_message(message: Message) -> str:
    """Return the text of a message for the queue ``changes``."""
    kind = next(name for name, each in KINDS.items() if isinstance(message, each))
    data = versioned({"kind": kind, **encode(message)})
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def of_kind(kind: str, data: Mapping[str, Any]) -> Message:
    """Return the message of a kind in KINDS.

    Raise MalformedEvent where a field is missing, NotUnderstood where one cannot be decoded.
    """
    content = {name: item for name, item in data.items() if name != "kind"}
    try:
        return decode(KINDS[kind], content)
    except FieldMissing as error:
        raise MalformedEvent(f"not a message of ours ({error})") from None
