"""What an Event Grid body says: which resource to look at, when it was written, and by whom.

Both schemas (Event Grid's own and CloudEvents 1.0), one event or an array. The events of
`Microsoft.Resources` name the document that was written; what must be judged may lie above it: a
container's account, a rule's security group, the resource that a diagnostic setting extends.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from drift import ids
from drift.claims import actor_of
from drift.codec import decode, encode
from drift.errors import MalformedEvent
from drift.foreign import arm_id, folded, load, moment_of, printable
from drift.model import Actor, Control

WRITTEN: Final = frozenset(
    {
        "microsoft.resources.resourcewritesuccess",
        "microsoft.resources.resourceactionsuccess",
        "microsoft.resourcenotifications.resources.createdorupdated",
    }
)
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
"""A verdict of Azure Policy: the resource itself was not touched, yet it is worth a look."""

TAGS: Final = "microsoft.resources/tags"

_MAX_EVENT_ID: Final = 128
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCOPES: Final = (ids.GROUP, ids.SUBSCRIPTION)
_SCOPE_ID: Final = re.compile(r"/subscriptions/[^/]+(/resourcegroups/[^/]+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One reason to read a resource.

    ``subject`` is the id of the document that was written, as it is spelt; ``target`` that of the
    resource to judge, "" where it is not known yet; ``deleted``: the target itself was deleted.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fanout:
    """A change of a document that others are judged by; who they are, the store knows.

    ``after`` is the key of the last row that an earlier page of them ended with, "" at first.
    """

    document: str
    event: Event
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An event that can never be understood, and why; nothing of its content."""

    id: str
    type: str
    reason: str


Message = Event | Fanout | Dropped

KINDS: Final[Mapping[str, type[Message]]] = {"event": Event, "fanout": Fanout, "dropped": Dropped}


@dataclass(frozen=True, slots=True)
class Watched:
    """The types (lower case) that controls judge, and the others that their verdicts depend on."""

    judged: frozenset[str]
    related: frozenset[str]

    @classmethod
    def by(cls, controls: Iterable[Control]) -> Self:
        """Collect what controls watch, and what PHI tags are inherited from."""
        controls = tuple(controls)
        judged = frozenset(kind for each in controls for kind in each.resource_types)
        watched = frozenset(kind for each in controls for kind in each.watches)
        return cls(judged, (watched - judged) | frozenset(_SCOPES))


def parse(body: str, watched: Watched, now: datetime) -> tuple[Message, ...]:
    """Return what a delivery asks for; an event that no control watches is left out in silence."""
    digest = hashlib.sha256(body.encode(errors="backslashreplace")).hexdigest()[:32]
    try:
        document = load(body.removeprefix("\ufeff"))
    except ValueError:
        return (Dropped(id=digest, type="", reason="the body is not JSON"),)
    events = document if isinstance(document, list) else [document]
    return tuple(
        message
        for number, each in enumerate(events)
        for message in _understood(folded(each), f"{digest}-{number}", watched, now)
    )


def to_message(message: Message) -> str:
    """Return the text that carries a message on the queue ``changes``."""
    kind = next(name for name, each in KINDS.items() if isinstance(message, each))
    return json.dumps({"kind": kind, **encode(message)}, ensure_ascii=False, separators=(",", ":"))


def from_message(text: str) -> Message:
    """Return what ``to_message`` was given; raise MalformedEvent on any other text."""
    try:
        data = load(text)
        return decode(KINDS[data["kind"]], data)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MalformedEvent(f"not a message of ours ({type(error).__name__})") from None


def _understood(
    fields: Mapping[str, Any], digest: str, watched: Watched, now: datetime
) -> tuple[Message, ...]:
    event_id = _event_id(fields.get("id")) or digest
    kind = printable(fields.get("eventtype")) or printable(fields.get("type"))
    try:
        if not kind:
            raise MalformedEvent("it has no event type")
        if kind.lower() not in WRITTEN | DELETED | ASSESSED:
            return ()
        return _directed(_event(fields, event_id, kind, now), watched)
    except MalformedEvent as error:
        return (Dropped(id=event_id, type=kind, reason=str(error)),)


def _event_id(value: object) -> str:
    """Return the event's id; a long one by its hash, since a part of it would name others too."""
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
    )


def _subject(*places: Mapping[str, Any]) -> str:
    """Return the id of the document that was written, from the first place that has one."""
    fields, data, authorization = places
    resource = folded(data.get("resourceinfo"))
    for value in (
        fields.get("subject"),
        data.get("resourceuri"),
        resource.get("id"),
        authorization.get("scope"),
    ):
        if found := arm_id(value):
            return found
    raise MalformedEvent("it names no resource")


def _at(fields: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> datetime:
    """Return when it was written, now where no time can be read: then no earlier read covers it.

    A time ahead of the clock would not be covered by any read either, so it counts as now.
    """
    told = (
        folded(data.get("operationalinfo")).get("resourceeventtime"),
        data.get("timestamp"),
        fields.get("eventtime"),
        fields.get("time"),
    )
    moments = (moment for each in told if (moment := moment_of(each)))
    return max(_EPOCH, min(next(moments, now), now))


def _directed(event: Event, watched: Watched) -> tuple[Message, ...]:
    """Return the event aimed at what must be judged, or at whatever depends on what was written."""
    holders = tuple(_holders(event.subject, watched))
    target = next((each for each in holders if ids.type_of(each) in watched.judged), None)
    if target:
        deleted = event.deleted and ids.key(target) == ids.key(event.subject)
        return (replace(event, target=target, deleted=deleted),)
    if event.type.lower() in ASSESSED:
        return ()
    event = replace(event, deleted=False)
    return tuple(
        Fanout(document=each, event=event)
        for each in holders
        if ids.type_of(each) in watched.related
    )


def _holders(subject: str, watched: Watched) -> Iterator[str]:
    """Yield the ids of the documents that show what was written, the nearest first.

    A child stands in its parent's document as well (a rule in its group, a subnet in its network),
    an extension does not: it counts only if a control watches it. A group's document shows its own
    tags and nothing of what lies in the group.
    """
    names = subject.strip("/").split("/")
    document = "/" + "/".join(names[: len(names) // 2 * 2])  # …/a/listKeys is about a
    kind = ids.type_of(document)
    extends = [each.lower() for each in names[::2]].count("providers") > 1
    if extends and kind != TAGS and kind not in watched.related:
        return
    for each in ids.lineage(document):
        if ids.type_of(each) in _SCOPES:
            if _SCOPE_ID.fullmatch(each) and (kind == TAGS or each == subject):
                yield each
            return
        if not (extends and each == document):
            yield each
