"""Decide which write can have changed which property, by its operation and the written document."""

import re
from collections.abc import Iterable
from typing import Final

from drift import ids
from drift.arm.operations import can_write
from drift.arm.types import NETWORK
from drift.events import DELETED, FAILED, LINKED, SUCCEEDED, Event
from drift.model import Control

_WRITES: Final = {
    each
    for each in SUCCEEDED | FAILED | DELETED | {LINKED.lower()}
    if not each.startswith("microsoft.resourcenotifications.")
}
"""Events that report a write; a notification about a resource is additional and has no actor."""

_TAGS: Final = "providers/microsoft.resources/tags/"
_PROVIDER: Final = re.compile(r"(^|/)providers/[^/]+/")
_PROPERTY: Final = re.compile(r"[.\[\]]")

_BACK_REFERENCES: Final = frozenset(
    {"ipconfigurations", "managedby", "networkinterfaces", "subnets", "virtualmachine"}
)
"""Properties that a write of another resource changes, such as what a disk is attached to."""

_IN_NETWORKS: Final = ("subnets/", "virtualnetworkpeerings/")
_INLINE: Final = ("administrators/", "azureadonlyauthentications/")
"""Children of a SQL server that are part of the server's own document, so that its write replaces them."""


def can_have_changed(event: Event, owner: str, path: str) -> bool:
    """Tell whether an event's write can have changed a property of a resource.

    ``path`` is one of a difference: of the resource itself, or ``<related document>#<property>``.
    """
    if not _is_write_of_existing(event, owner):
        return False
    document, properties = _split(path)
    if ids.is_list(event.subject):
        return document.startswith(f"{ids.name_of(event.subject).lower()}/")
    if event.type == LINKED and not properties & _BACK_REFERENCES:
        return False
    return _reaches(event, ids.key(owner), document, properties)


def can_matter_to(event: Event, owner: str, control: Control) -> bool:
    """Tell whether an event's write can have changed anything that a control watches."""
    if not _is_write_of_existing(event, owner):
        return False
    subject, whole = _written(event.subject), ids.key(owner)
    if ids.is_list(event.subject):
        return ids.type_of(event.subject) in control.watches
    if ids.type_of(subject) == NETWORK and whole.startswith(f"{subject}/"):
        return True
    return any(
        each == subject or _shows(each, subject, _components(paths))
        for each in ids.lineage(subject)
        if (paths := control.watches.get(ids.type_of(each))) is not None
    )


def removes(event: Event, owner: str) -> bool:
    """Tell whether an event reports the deletion of a resource, or of a group or parent that contains it."""
    subject, whole = _written(event.subject), ids.key(owner)
    ends = event.type.lower() in DELETED or event.operation.endswith("/delete")
    return ends and (whole == subject or whole.startswith(f"{subject}/"))


def _is_write_of_existing(event: Event, owner: str) -> bool:
    """Tell whether an event reports a write that can have left the resource in its present state.

    A deletion of the resource cannot: its present state was written when it was created again.
    """
    is_end = removes(event, owner) and _written(event.subject) == ids.key(owner)
    return _is_write(event) and not is_end


def _is_write(event: Event) -> bool:
    return event.type.lower() in _WRITES and can_write(event.operation)


def _reaches(event: Event, owner: str, document: str, properties: frozenset[str]) -> bool:
    subject = _written(event.subject)
    for each in ids.lineage(subject):
        if _name(each, owner) == document:
            return each == subject or _shows(each, subject, properties)
    whole = f"{owner}/{document}" if document else owner
    return _replaces(event, subject, whole, document)


def _replaces(event: Event, subject: str, whole: str, document: str) -> bool:
    """Tell whether a write of a document replaces or removes its children."""
    if ids.type_of(subject) == NETWORK:
        return whole.startswith(f"{subject}/") or document.startswith(_IN_NETWORKS)
    if not whole.startswith(f"{subject}/"):
        return False
    return event.operation.endswith("/delete") or document.startswith(_INLINE)


def _shows(document: str, subject: str, properties: frozenset[str]) -> bool:
    """Tell whether a document shows writes of its children in one of these properties."""
    rest = subject.removeprefix(f"{document}/")
    if rest.startswith(_TAGS):
        return "tags" in properties
    return not rest.startswith("providers/") and rest.partition("/")[0] in properties


def _split(path: str) -> tuple[str, frozenset[str]]:
    """Return the related document of a difference, "" for the resource itself, and its property."""
    document, found, inner = path.lower().partition("#")
    if found or "/" in path.partition("[")[0]:
        return _PROVIDER.sub(r"\1", document), _components([inner])
    return "", _components([path])


def _components(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(part for path in paths for part in _PROPERTY.split(path.lower()) if part)


def _name(document: str, owner: str) -> str:
    if document == owner:
        return ""
    return _PROVIDER.sub(r"\1", ids.relative_to(document, owner).lower())


def _written(subject: str) -> str:
    """Return the document that was written: of an action's id, such as ``…/a/failover``, the resource."""
    names = ids.key(subject).strip("/").split("/")
    return "/" + "/".join(names[: len(names) // 2 * 2])


def document_of(path: str, owner: str, documents: Iterable[str]) -> str | None:
    """Return the document, or the list that holds it, in which a property is shown; None: not known."""
    document, _ = _split(path)
    names = {_name(each, owner): each for each in documents}
    inside = document.split("/")[-2:-1] if document.startswith("resourcegroups/") else []
    places = (document, document.rpartition("/")[0] or document, *inside)
    return next((names[each] for each in places if each in names), None)
