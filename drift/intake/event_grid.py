"""Parse the body of an Event Grid delivery: which document was written, when, and by which actor.

Both schemas are accepted (Event Grid's own and CloudEvents 1.0), for one event or an array.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from drift.arm.operations import shown_as
from drift.errors import MalformedEvent
from drift.events import ASSESSED, DELETED, WRITTEN, Dropped, Event, Message
from drift.intake.actor import actor_of
from drift.intake.targets import Watched, reason_left_out, resolve_targets
from drift.trace import Value, trace, trace_at
from drift.untrusted_json import arm_id, folded, load, moment_of, printable

log: Final = logging.getLogger("drift.intake.event_grid")

_MAX_EVENT_ID: Final = 128

_MAX_PAYLOAD: Final = 40_000
"""Maximum size in bytes of a resource in a message: a queue message holds 48 KiB of base64 text.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue"""

_PAYLOAD_FIELDS: Final = (
    "id",
    "name",
    "type",
    "location",
    "kind",
    "sku",
    "identity",
    "tags",
    "properties",
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_AHEAD: Final = timedelta(seconds=30)
"""How far Azure's clock is ahead of ours at most."""


def parse_delivery(body: str, watched: Watched, now: datetime) -> tuple[Message, ...]:
    """Return the messages of a delivery; an event that no control watches is only logged.

    An event that cannot be understood becomes a Dropped message, which is recorded.
    """
    digest = hashlib.sha256(body.encode(errors="backslashreplace")).hexdigest()[:32]
    try:
        document = load(body.removeprefix("\ufeff"))
    except ValueError:
        return (_dropped(digest, "", "The body is not JSON."),)
    events = document if isinstance(document, list) else [document]
    return tuple(
        message
        for number, each in enumerate(events)
        for message in _messages_of(folded(each), f"{digest}-{number}", watched, now)
    )


def _messages_of(
    fields: Mapping[str, Any], digest: str, watched: Watched, now: datetime
) -> tuple[Message, ...]:
    event_id = _event_id(fields.get("id")) or digest
    kind = printable(fields.get("eventtype")) or printable(fields.get("type"))
    try:
        if not kind:
            raise MalformedEvent("The event has no event type.")
        if kind.lower() not in WRITTEN | DELETED | ASSESSED:
            _left_out(event_id, kind, "The monitor does not use events of this type.")
            return ()
        return _targeted(_event(fields, event_id, kind, now), watched)
    except MalformedEvent as error:
        return (_dropped(event_id, kind, str(error)),)


def _targeted(event: Event, watched: Watched) -> tuple[Message, ...]:
    messages = resolve_targets(event, watched)
    about: dict[str, Value] = {"operation": event.operation, "resource": event.subject}
    if messages:
        names = {"event": event.id, "type": event.type}
        trace(log, "event-accepted", **names, **about, at=event.at, messages=len(messages))
    else:
        _left_out(event.id, event.type, reason_left_out(event, watched), **about)
    return messages


def _left_out(event_id: str, kind: str, reason: str, **about: Value) -> None:
    trace(log, "event-left-out", event=event_id, type=kind, reason=reason, **about)


def _dropped(event_id: str, kind: str, reason: str) -> Dropped:
    """Log an event that cannot be understood, and return the message that records it."""
    trace_at(
        log,
        logging.WARNING,
        "event-dropped",
        event=event_id,
        type=kind or None,
        reason=reason,
    )
    return Dropped(id=event_id, type=kind, reason=reason)


def _event_id(value: object) -> str:
    """Return the event's id, "" for none; a long id as its hash, because a shortened id may not be unique."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if len(text) > _MAX_EVENT_ID:
        return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()
    return printable(text)


def _event(fields: Mapping[str, Any], event_id: str, kind: str, now: datetime) -> Event:
    data = folded(fields.get("data"))
    authorization = folded(data.get("authorization"))
    operation = printable(data.get("operationname")) or printable(authorization.get("action"))
    return Event(
        id=event_id,
        type=kind,
        operation=operation.lower(),
        subject=_subject(fields, data, authorization),
        target="",
        at=_at(fields, data, now),
        actor=actor_of(data),
        correlation_id=printable(data.get("correlationid")),
        deleted=kind.lower() in DELETED,
        payload=_payload(data),
    )


def _payload(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the resource in the event, None where there is none or it is over _MAX_PAYLOAD.

    The tags may be JSON text, as in one sample of Microsoft's documentation.
    """
    info = folded(data.get("resourceinfo"))
    if not isinstance(info.get("properties"), Mapping):
        return None
    body: dict[str, Any] = {name: info[name] for name in _PAYLOAD_FIELDS if name in info}
    if isinstance(body.get("tags"), str):
        body["tags"] = folded(body["tags"])
    size = len(json.dumps(body, ensure_ascii=False).encode(errors="backslashreplace"))
    return body if size <= _MAX_PAYLOAD else None


def _subject(*places: Mapping[str, Any]) -> str:
    """Return the id of the document that was written, from the first field that has an ARM id."""
    fields, data, authorization = places
    resource = folded(data.get("resourceinfo"))
    for value in (
        fields.get("subject"),
        data.get("resourceuri"),
        resource.get("id"),
        authorization.get("scope"),
    ):
        if found := arm_id(value):
            return shown_as(found)
    raise MalformedEvent("The event names no resource.")


def _at(fields: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> datetime:
    """Return the time of the write; now if the event has no valid time, so that no earlier read covers it.

    Azure's clock may be ahead of ours, and its answers are compared with the event's own time: with
    our own time, an answer of a replica that is behind would prove the event too early. A time far
    in the future is not accepted.
    """
    times = (
        folded(data.get("operationalinfo")).get("resourceeventtime"),
        data.get("timestamp"),
        fields.get("eventtime"),
        fields.get("time"),
    )
    moments = (moment for each in times if (moment := moment_of(each)))
    moment = next(moments, now)
    return max(_EPOCH, moment if moment <= now + _MOST_AHEAD else now)
