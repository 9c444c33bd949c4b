"""Decode the queue messages that the monitor sends to itself."""

from collections.abc import Mapping
from typing import Any, Final

from drift.codec import check_schema, decode
from drift.errors import FieldMissing, MalformedEvent, NotUnderstood
from drift.queues.messages import (
    AgeMessage,
    ArrivedMessage,
    BlindMessage,
    ChannelMessage,
    ConfigMessage,
    ContextMessage,
    DeferredMessage,
    DeliverMessage,
    DoneMessage,
    EvidenceMessage,
    FanningMessage,
    ForgetMessage,
    InvestigateMessage,
    LeftMessage,
    LinksMessage,
    LoggedMessage,
    MarkMessage,
    MovingMessage,
    ReleaseMessage,
    RemindMessage,
    SpreadMessage,
    StoredMessage,
    SweepMessage,
    WakeMessage,
)
from drift.queues.outbound import MessageKind
from drift.queues.own_message import OwnMessage

_ROWS: Final = (
    *(WakeMessage, BlindMessage, ChannelMessage, ContextMessage, SweepMessage, RemindMessage),
    *(InvestigateMessage, LinksMessage, DoneMessage, MovingMessage, ArrivedMessage, LeftMessage),
    *(DeliverMessage, SpreadMessage, DeferredMessage, FanningMessage, ConfigMessage, AgeMessage),
    *(ReleaseMessage, MarkMessage, StoredMessage, ForgetMessage, LoggedMessage, EvidenceMessage),
)
OWN: Final[Mapping[str, type[OwnMessage]]] = {each.KIND: each for each in _ROWS}
"""The message types by kind; ``drift.events`` has the other kinds."""


def kind_of(data: Mapping[str, Any]) -> MessageKind:
    """Return the kind of a message.

    Raise NotUnderstood for a kind of a newer version, MalformedEvent where there is no kind.
    """
    check_schema(data)
    kind = data.get("kind")
    if not isinstance(kind, str) or not kind:
        raise MalformedEvent("not a message of ours: it has no kind")
    try:
        return MessageKind(kind)
    except ValueError:
        raise NotUnderstood("kind", "this version has no such message") from None


def own(kind: MessageKind, data: Mapping[str, Any]) -> OwnMessage:
    """Return the message of a kind in OWN.

    Raise MalformedEvent where a field is missing, NotUnderstood where one cannot be decoded.
    """
    try:
        return decode(OWN[kind], data)
    except FieldMissing as error:
        raise MalformedEvent(f"not a message of ours ({error})") from None
