"""Whom an event is about: the document that was written, and whatever is judged by it.

The events of `Microsoft.Resources` name the document that was written; what must be judged may lie
above it: a container's account, a rule's security group, the resource that a diagnostic setting
extends.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from drift import ids
from drift.arm.relations import LINKS
from drift.events import ASSESSED, Event, Fanout, Message, Move
from drift.model import Control
from drift.phi.inheritance import FOLLOWED

TAGS: Final = "microsoft.resources/tags"

_MOVED: Final = "/moveresources/action"
"""https://learn.microsoft.com/rest/api/resources/resources/move-resources"""

_SCOPES: Final = (ids.GROUP, ids.SUBSCRIPTION)
_SCOPE_ID: Final = re.compile(r"/subscriptions/[^/]+(/resourcegroups/[^/]+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Watched:
    """What controls look at, all types in lower case.

    ``judged`` maps each type that is looked at for itself to the other types that its verdicts rest
    on; ``related`` are the types that something else is judged by. Only what lies in one of the
    ``subscriptions`` is judged (none: in any).
    """

    judged: Mapping[str, frozenset[str]]
    related: frozenset[str]
    subscriptions: frozenset[str] = frozenset()

    @classmethod
    def by(cls, controls: Iterable[Control], subscriptions: Iterable[str] = ()) -> Self:
        """Collect what controls watch, what PHI scope is taken from, and what links lead out of."""
        judged: dict[str, frozenset[str]] = dict.fromkeys(LINKS, frozenset())
        related = {*_SCOPES, *FOLLOWED}
        for each in controls:
            others = frozenset(each.watches).difference(each.resource_types)
            related |= others.union(each.resource_types if each.reads_its_kind else ())
            for kind in each.resource_types:
                judged[kind] = judged.get(kind, frozenset()) | others
        above = (kind.rpartition("/")[0] for kind in judged)
        related.update(each for each in above if "/" in each)
        return cls(judged, frozenset(related), frozenset(subscriptions))


def resolve_targets(event: Event, watched: Watched) -> tuple[Message, ...]:
    """Return the event aimed at what must be judged, and at whatever depends on what was written."""
    if event.operation.endswith(_MOVED):
        group = ids.group_of(event.subject)
        return (Move(group=group, event=event),) if is_monitored(group, watched) else ()
    holders = tuple(_holders(event.subject, watched))
    targets = tuple(_targets(event.subject, holders, watched))
    events = tuple(_aimed(event, each) for each in targets)
    if event.type.lower() in ASSESSED:
        return events[:1]
    event = replace(event, deleted=False, payload=None)
    above = holders[holders.index(targets[0]) if targets else 0 :]
    others = () if _hides(event.subject) else above
    shown = (each for each in others if ids.type_of(each) in watched.related)
    return (*events, *(Fanout(document=each, event=event) for each in shown))


def why_nowhere(event: Event, watched: Watched) -> str:
    """Return the reason why ``directed`` has no message for an event."""
    if not is_monitored(event.subject, watched):
        return "its subscription is not monitored"
    return "no control watches this resource type"


def _aimed(event: Event, target: str) -> Event:
    if ids.key(target) == ids.key(event.subject):
        return replace(event, target=target)
    return replace(event, target=target, deleted=False, payload=None)


def _targets(subject: str, holders: Sequence[str], watched: Watched) -> Iterator[str]:
    """Yield what must be judged: the nearest, and whatever above it rests on what lies between.

    The auditing of a server rests on the diagnostic settings of its database. An extension shows in
    nothing that does not ask for it; tags show in what they are set on.
    """
    if not is_monitored(subject, watched):
        return
    nearest, between = not _hides(subject), {ids.type_of(subject)}
    for each in holders:
        rests_on = watched.judged.get(ids.type_of(each))
        if rests_on is not None and (nearest or rests_on & between):
            yield each
            nearest = False
        between.add(ids.type_of(each))


def is_monitored(document: str, watched: Watched) -> bool:
    """Tell whether a document lies in a monitored subscription."""
    subscription = ids.subscription_of(document)
    return bool(subscription) and subscription in (watched.subscriptions or {subscription})


def _holders(subject: str, watched: Watched) -> Iterator[str]:
    """Yield the ids of the documents that show what was written, the nearest first.

    A child stands in its parent's document as well (a rule in its group, a subnet in its network),
    an extension does not: it counts only if a control watches it. A group's document shows its own
    tags and nothing of what lies in the group.
    """
    names = subject.strip("/").split("/")
    document = "/" + "/".join(names[: len(names) // 2 * 2])  # …/a/listKeys is about a
    kind = ids.type_of(document)
    extends = _extends(document)
    if extends and kind != TAGS and kind not in watched.related:
        return
    about = (subject, document.rsplit("/", 4)[0] if kind == TAGS else "")
    for each in ids.lineage(document):
        if ids.type_of(each) in _SCOPES:
            if _SCOPE_ID.fullmatch(each) and each in about:
                yield each
            return
        if not (extends and each == document):
            yield each


def _hides(document: str) -> bool:
    """Tell whether a document shows in none of those above it: an extension, but for tags."""
    return _extends(document) and ids.type_of(document) != TAGS


def _extends(document: str) -> bool:
    """Tell whether a document is an extension of a resource."""
    return document.lower().split("/")[1::2].count("providers") > 1
