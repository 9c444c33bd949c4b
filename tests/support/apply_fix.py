"""Apply a fix's steps to given bodies, so that a test can evaluate the result."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from detectors.examples import NOW
from drift import ids
from drift.fixes import (
    DeleteChild,
    Fix,
    PostAction,
    PutChild,
    RemoveItem,
    RemoveProperty,
    SetProperty,
    Step,
)

Body = dict[str, Any]
Bodies = dict[str, Body | int]
"""ARM bodies by lower-case id; a number is the HTTP status that ARM answers instead of one."""

_FILLED: Final[Mapping[str, Mapping[str, str]]] = {
    "microsoft.security/pricings": {"properties.resourcesCoverageStatus": "FullyCovered"},
    "microsoft.graph/accessreviews": {"properties.status": "NotStarted"},
    "microsoft.policyinsights/remediations": {
        "properties.provisioningState": "Accepted",
        "properties.createdOn": NOW.isoformat(),
    },
    "microsoft.eventgrid/systemtopics/eventsubscriptions": {
        "properties.provisioningState": "Succeeded"
    },
}
"""What a provider sets in a document that is written: a plan then covers everything, a series of reviews
has a status, a task is accepted, an event subscription has succeeded."""

_SEGMENT: Final = re.compile(r"([^.\[\]]+)(?:\[name=([^\]]*)\])?")
"""A name in a path, and the name of the item where it is a list's."""


def apply(fix: Fix, documents: Mapping[str, Mapping[str, Any] | int]) -> Bodies:
    """Return copies of the documents as they are once every step has been taken.

    A child is found where ARM shows it: as its own document, in the document of its collection
    (``value``) and inside its parent's body (a rule in its group's ``properties.securityRules``).
    """
    bodies: Bodies = {
        ids.key(name): each if isinstance(each, int) else deepcopy(dict(each))
        for name, each in documents.items()
    }
    for step in fix.steps:
        _take(step, bodies)
        _fill(step, bodies)
    return bodies


def _fill(step: Step, bodies: Bodies) -> None:
    """Apply a write as the provider does."""
    for path, value in _FILLED.get(ids.type_of(step.resource_id), {}).items():
        for each in _shown(step.resource_id, bodies):
            _set(each, path, value)


def _take(step: Step, bodies: Bodies) -> None:
    match step:
        case DeleteChild(resource_id):
            _delete(resource_id, bodies)
        case PutChild(resource_id, body):
            _put(resource_id, body, bodies)
        case PostAction():
            pass  # what it does to a document, its provider alone knows
        case SetProperty(resource_id):
            for each in _shown(resource_id, bodies) or [_created(resource_id, bodies)]:
                _edit(step, each)
        case RemoveProperty(resource_id) | RemoveItem(resource_id):
            for each in _shown(resource_id, bodies):
                _edit(step, each)


def _edit(step: SetProperty | RemoveProperty | RemoveItem, body: Body) -> None:
    match step:
        case SetProperty(_, path, value):
            _set(body, path, deepcopy(value))
        case RemoveProperty(_, path):
            _remove(body, path)
        case RemoveItem(_, path, item):
            _set(body, path, [each for each in _at(body, path) or [] if each != item])


def _put(resource_id: str, body: Mapping[str, Any], bodies: Bodies) -> None:
    _delete(resource_id, bodies)
    for listed in _lists(resource_id, bodies):
        listed.append(_whole(resource_id, body))
    if _inline(resource_id, bodies) is None:
        bodies[ids.key(resource_id)] = _whole(resource_id, body)


def _whole(resource_id: str, body: Mapping[str, Any]) -> Body:
    name = resource_id.rstrip("/").rpartition("/")[2]
    return {
        "id": resource_id,
        "name": name,
        "type": ids.type_of(resource_id),
        **deepcopy(dict(body)),
    }


def _created(resource_id: str, bodies: Bodies) -> Body:
    body = _whole(resource_id, {})
    bodies[ids.key(resource_id)] = body
    return body


def _shown(resource_id: str, bodies: Bodies) -> list[Body]:
    """Return every place of the resource's body."""
    own = bodies.get(ids.key(resource_id))
    listed = [
        each for items in _lists(resource_id, bodies) for each in items if _is(each, resource_id)
    ]
    return [own, *listed] if isinstance(own, dict) else listed


def _delete(resource_id: str, bodies: Bodies) -> None:
    bodies.pop(ids.key(resource_id), None)
    for items in _lists(resource_id, bodies):
        items[:] = [each for each in items if not _is(each, resource_id)]


def _is(item: Any, resource_id: str) -> bool:
    """Tell whether an item of a list is this resource; in its parent it may have a name only."""
    name = ids.key(resource_id).rpartition("/")[2]
    return isinstance(item, dict) and str(item.get("name", "")).lower() == name


def _lists(resource_id: str, bodies: Bodies) -> Iterator[list[Any]]:
    """Yield the lists it stands in: its collection's document, its parent's body."""
    collection = bodies.get(ids.key(resource_id).rpartition("/")[0])
    if isinstance(collection, dict) and isinstance(collection.get("value"), list):
        yield collection["value"]
    inline = _inline(resource_id, bodies)
    if inline is not None:
        yield inline


def _inline(resource_id: str, bodies: Bodies) -> list[Any] | None:
    parent, kind, _ = ids.key(resource_id).rsplit("/", 2)
    body = bodies.get(parent)
    found = _at(body, f"properties.{kind}") if isinstance(body, dict) else None
    return found if isinstance(found, list) else None


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(_spelt(body, name))
    return body


def _set(body: Body, path: str, value: Any) -> None:
    *above, last = path.split(".")
    for name in above:
        spelt = _spelt(body, name)
        if not isinstance(body.get(spelt), dict):
            body[spelt] = {}
        body = body[spelt]
    body[_spelt(body, last)] = value


def _remove(body: Body, path: str) -> None:
    *above, last = _SEGMENT.findall(path)
    found: Any = body
    for name, item in above:
        found = _at(found, name)
        if item and isinstance(found, list):
            found = next((each for each in found if _at(each, "name") == item), None)
    if isinstance(found, dict):
        found.pop(_spelt(found, last[0]), None)


def _spelt(body: Body, name: str) -> str:
    """Return the name as the body spells it: ARM ignores the case of property names."""
    return next((each for each in body if each.lower() == name.lower()), name)
