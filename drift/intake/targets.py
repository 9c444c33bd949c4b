"""Resolve the targets of an event: the resources to evaluate, and the documents with dependents.

The events of `Microsoft.Resources` name the document that was written. The resource to evaluate may
be above it: a container's account, a rule's security group, the resource that a diagnostic setting
extends. The posture of a subscription (its Defender plans, alerts, policy assignments) is evaluated on
the subscription itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from drift import ids
from drift.arm.operations import only_reads
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
    """The types that controls watch, in lower case.

    ``evaluated`` maps each type with controls of its own to the other types that its verdicts depend
    on. ``related`` are the types that verdicts on other resources depend on. Only resources in the
    ``subscriptions`` are evaluated (empty: in all).
    """

    evaluated: Mapping[str, frozenset[str]]
    related: frozenset[str]
    subscriptions: frozenset[str] = frozenset()

    @classmethod
    def by(cls, controls: Iterable[Control], subscriptions: Iterable[str] = ()) -> Self:
        """Collect the types that controls watch, that scope is inherited from, and that have links."""
        evaluated: dict[str, frozenset[str]] = dict.fromkeys(LINKS, frozenset())
        related = {*_SCOPES, *FOLLOWED}
        for each in controls:
            others = frozenset(each.watches).difference(each.resource_types)
            related |= others.union(each.resource_types if each.reads_its_kind else ())
            for kind in each.resource_types:
                evaluated[kind] = evaluated.get(kind, frozenset()) | others
        above = (kind.rpartition("/")[0] for kind in evaluated)
        related.update(each for each in above if "/" in each)
        return cls(evaluated, frozenset(related), frozenset(subscriptions))


def resolve_targets(event: Event, watched: Watched) -> tuple[Message, ...]:
    """Return a message per resource to evaluate and per written document that others depend on."""
    if is_move(event):
        group = ids.group_of(event.subject)
        return (Move(group=group, event=event),) if is_monitored(group, watched) else ()
    if only_reads(event.operation):
        return ()
    documents = tuple(_documents(event.subject, watched))
    targets = tuple(_targets(event.subject, documents, watched))
    events = tuple(_with_target(event, each) for each in targets)
    if event.type.lower() in ASSESSED:
        return events[:1]
    if is_posture(event.subject, watched):
        events = (*events, _with_target(event, ids.subscription_id_of(event.subject)))
    event = replace(event, deleted=False, payload=None)
    above = documents[documents.index(targets[0]) if targets else 0 :]
    others = () if _is_separate(event.subject) else above
    related = (each for each in others if ids.type_of(each) in watched.related)
    return (*events, *(Fanout(document=each, event=event) for each in related))


def is_posture(document: str, watched: Watched) -> bool:
    """Tell whether verdicts on the subscription of a document depend on it.

    An extension of a resource, such as its own diagnostic setting, does not concern the
    subscription. Assignments do, because ARM lists those of everything below a subscription. A
    resource is not part of its group's document.
    """
    if not is_monitored(document, watched):
        return False
    written = _written(document)
    if _is_extension(written):
        shown = [written] if ids.is_inherited(written) else []
    else:
        about = {written, written.rsplit("/", 4)[0] if ids.type_of(written) == TAGS else written}
        above = ids.lineage(written)
        shown = [each for each in above if each in about or ids.type_of(each) not in _SCOPES]
    depends_on = watched.evaluated.get(ids.SUBSCRIPTION, frozenset())
    return any(ids.type_of(each) in depends_on for each in shown)


def is_move(event: Event) -> bool:
    """Tell whether an event reports that resources were moved to another group."""
    return event.operation.endswith(_MOVED)


def reason_left_out(event: Event, watched: Watched) -> str:
    """Return the reason why ``resolve_targets`` has no message for an event."""
    if not is_monitored(event.subject, watched):
        return "The subscription is not monitored."
    if only_reads(event.operation):
        return "The operation changes nothing."
    return "No control watches this resource type."


def _with_target(event: Event, target: str) -> Event:
    if ids.key(target) == ids.key(event.subject):
        return replace(event, target=target)
    return replace(event, target=target, deleted=False, payload=None)


def _targets(subject: str, documents: Sequence[str], watched: Watched) -> Iterator[str]:
    """Yield the ids to evaluate: the nearest evaluated document, and those above that depend on it.

    The auditing verdict of a server depends on the diagnostic settings of its database. An extension
    appears in no document above it; tags appear in the document that they are set on.
    """
    if not is_monitored(subject, watched):
        return
    nearest, between = not _is_separate(subject), {ids.type_of(subject)}
    for each in documents:
        depends_on = watched.evaluated.get(ids.type_of(each))
        if depends_on is not None and (nearest or depends_on & between):
            yield each
            nearest = False
        between.add(ids.type_of(each))


def is_monitored(document: str, watched: Watched) -> bool:
    """Tell whether a document lies in a monitored subscription."""
    subscription = ids.subscription_of(document)
    return bool(subscription) and subscription in (watched.subscriptions or {subscription})


def _documents(subject: str, watched: Watched) -> Iterator[str]:
    """Yield the ids of the documents in which a write may appear, the nearest first.

    A child appears in its parent's document too (a rule in its security group, a subnet in its
    network). An extension does not, and counts only if a control watches it. The document of a
    resource group has its own tags, but no data of its resources.
    """
    document = _written(subject)
    kind = ids.type_of(document)
    extends = _is_extension(document)
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


def _written(subject: str) -> str:
    """Return the document that a subject names: ``…/a/listKeys`` is an action on ``…/a``."""
    names = subject.strip("/").split("/")
    return "/" + "/".join(names[: len(names) // 2 * 2])


def _is_separate(document: str) -> bool:
    """Tell whether no document above shows this one: it is an extension other than tags."""
    return _is_extension(document) and ids.type_of(document) != TAGS


def _is_extension(document: str) -> bool:
    """Tell whether a document extends a resource, such as a diagnostic setting."""
    return document.lower().split("/")[1::2].count("providers") > 1
