"""Decode the queue messages that the monitor sends to itself."""

from collections.abc import Mapping
from typing import Any

from drift.codec import check_schema, decode
from drift.errors import FieldMissing, MalformedEvent, NotUnderstood
from drift.queues.messages import OWN
from drift.queues.outbound import MessageKind
from drift.queues.own_message import OwnMessage


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
