"""The queue messages that the monitor sends to itself, one type for each kind.

A due row holds such a message. ``due`` is the key of that row, "" where no row asked for the message;
the row ends when the message is handled. Fields may be added, with a default, and are never renamed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from drift.codec import check_schema, decode, encode, versioned
from drift.errors import MalformedEvent, NotUnderstood
from drift.events import Event
from drift.queues import outbound
from drift.queues.outbound import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMessage:
    """What all of them have."""

    KIND: ClassVar[MessageKind]

    @property
    def data(self) -> dict[str, Any]:
        """Return the message as JSON data."""
        return versioned({"kind": self.KIND.value, **encode(self)})

    @property
    def text(self) -> str:
        """Return the message as it travels."""
        return outbound.text_of(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMessage(OwnMessage):
    """A message that a due row may ask for; ``due`` is the key of that row."""

    due: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """Return the data of the due row that asks for this message."""
        return {name: item for name, item in self.data.items() if name != "due"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeMessage(RowMessage):
    """A resource has something due: a settling read, a retry, a poll."""

    KIND = MessageKind.WAKE

    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindMessage(RowMessage):
    """Count again which resources a dependency keeps from being judged."""

    KIND = MessageKind.BLIND

    dependency: str
    resource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage(RowMessage):
    """Count again what a channel refuses; ``took``: it has just accepted a message."""

    KIND = MessageKind.CHANNEL

    channel: str
    home: str
    took: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextMessage(RowMessage):
    """Ask the activity log about an incident; ``refused`` counts how often it refused to answer."""

    KIND = MessageKind.CONTEXT

    resource: str
    control: str
    number: int
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepMessage(RowMessage):
    """Go on with the sweep of a subscription."""

    KIND = MessageKind.SWEEP

    subscription: str
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksMessage(RowMessage):
    """Follow up documents that a write has linked or unlinked; the row stands where ``home`` does."""

    KIND = MessageKind.LINKS

    home: str
    documents: tuple[str, ...]
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneMessage(RowMessage):
    """End a due row whose messages are all on the queue, and a row that belongs to it."""

    KIND = MessageKind.DONE

    home: str
    row_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingMessage(RowMessage):
    """Look which resources of a group have got another id."""

    KIND = MessageKind.MOVING

    group: str
    tries: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedMessage(OwnMessage):
    """Judge what was moved under its new ids."""

    KIND = MessageKind.ARRIVED

    event: Event
    old: str
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftMessage(OwnMessage):
    """End what was moved under its old id."""

    KIND = MessageKind.LEFT

    event: Event
    old: str
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverMessage(RowMessage):
    """Tell a channel what it has not been told of an incident."""

    KIND = MessageKind.DELIVER

    resource: str
    control: str
    number: int
    channel: str
    net: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadMessage(RowMessage):
    """Ask again for the deliveries of a change that no sender has in hand."""

    KIND = MessageKind.SPREAD

    resource: str
    control: str
    number: int
    sequence: int = 0
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredMessage(RowMessage):
    """Try again to read a message that this version, or an older one, did not understand."""

    KIND = MessageKind.DEFERRED

    mark: str


OWN: Final[Mapping[str, type[OwnMessage]]] = {
    each.KIND: each
    for each in (
        *(WakeMessage, BlindMessage, ChannelMessage, ContextMessage, SweepMessage),
        *(LinksMessage, DoneMessage, MovingMessage, ArrivedMessage, LeftMessage),
        *(DeliverMessage, SpreadMessage, DeferredMessage),
    )
}
"""The types by kind; the other kinds are those of ``drift.events``."""


def kind_of(data: Mapping[str, Any]) -> MessageKind:
    """Return what a message is; raise NotUnderstood where a newer version sent it, MalformedEvent."""
    check_schema(data)
    kind = data.get("kind")
    if not isinstance(kind, str) or not kind:
        raise MalformedEvent("not a message of ours: it has no kind")
    try:
        return MessageKind(kind)
    except ValueError:
        raise NotUnderstood("kind", "this version has no such message") from None


def own(kind: MessageKind, data: Mapping[str, Any]) -> OwnMessage:
    """Return a message of one of OWN; raise MalformedEvent where its data is not of that kind."""
    try:
        return decode(OWN[kind], data)
    except NotUnderstood as error:
        raise MalformedEvent(f"not a message of ours ({error})") from None
