"""Documents that another body shows whole, as ARM does with ``$expand``: a network interface with its group.

Such a document is evidence like one that is given by itself. A reference is none, although it may have
properties of its own: a machine says of its interface only whether it is the primary one. What is shown
whole has the type of its id.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from drift import ids
from drift.model import Resource

_CHANGING: Final = re.compile("provisioningstate|instanceview|etag|last.*")
"""Properties that differ between two answers although no setting differs."""

_COMPARED: Final = ("properties", "tags", "sku", "kind", "identity", "managedby")
"""The parts of a body that controls evaluate and that each answer shows in the same words."""

_PLAIN: Final = (str, int, float, bool)
_BOOLEANS: Final[Mapping[str, str]] = {"1": "true", "0": "false"}
"""How Resource Graph shows booleans, and how ARM does."""

Body = Mapping[str, Any]

ExpandedDocuments = Mapping[str, tuple[Body, ...]]
"""The bodies in which each document is shown whole, by its lower-case id."""

OTHERWISE: Final = "another body shows it with another value"
"""Why a property is unreadable about which two bodies contradict each other."""


def shown_whole(bodies: Iterable[tuple[str, Body]]) -> ExpandedDocuments:
    """Return the bodies of each document: its own, those in lists, and those within another body.

    ``bodies`` are the first two, by lower-case id.
    """
    found: dict[str, list[Body]] = defaultdict(list)
    for name, body in bodies:
        found[name].append(body)
        inner = _within([*body.values()]) if "properties" in body else ()
        for each in inner:
            found[ids.key(each["id"])].append(each)
    return {name: tuple(each) for name, each in found.items()}


def contradicted(name: str, body: Body, shown: ExpandedDocuments) -> str:
    """Return the first property of a body that another one shows differently, "" for none.

    It is ``<id>#<path>``: the body of a resource also shows its children, such as the subnets of a network.
    """
    return next((where for where, _, _ in _contradictions(name, body, shown)), "")


def other_versions(resource: Resource, shown: ExpandedDocuments) -> Sequence[tuple[str, Resource]]:
    """Return the resource as each body shows it that contradicts its own, and the first such property.

    What only the own body has stays.
    """
    found = []
    for where, one, other in _contradictions(ids.key(resource.id), resource.body, shown):
        version = {**one, **_overlaid(_compared(one), _compared(other))}
        body = _replaced(resource.body, one, version)
        found.append((where, Resource(resource.id, resource.type, body, resource.whole)))
    return found


def _contradictions(
    name: str, body: Body, shown: ExpandedDocuments
) -> Iterator[tuple[str, Body, Body]]:
    """Yield where a body, or a child in it, differs from another body, and both of these."""
    for one in (body, *_children_in(name, body)):
        own = name if one is body else ids.key(one["id"])
        for other in shown.get(own, ()):
            if other is not one and (path := contradiction(one, other)):
                yield f"{own}#{path}", one, other


def contradiction(one: Body, other: Body) -> str:
    """Return the first property that two bodies of a resource show differently, "" for none.

    A property that only one of them has is no contradiction.
    """
    return _differing(_compared(one), _compared(other), "").lstrip(".")


def _compared(body: Body) -> dict[str, Any]:
    return {name: each for name, each in body.items() if str(name).lower() in _COMPARED}


def _children_in(name: str, body: Body) -> Iterator[Body]:
    """Yield the children of a resource that its body shows whole."""
    inner = _within([*body.values()])
    return (each for each in inner if ids.key(each["id"]).startswith(f"{name}/"))


def _overlaid(one: object, other: object) -> Any:
    """Return the other value where it contradicts the first; of an object, only what does."""
    if not _differing(one, other, "value"):
        return one
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    named = _by_name(other)
    return {name: _overlaid(value, named.get(str(name).lower())) for name, value in one.items()}


def _replaced(value: Any, old: Body, new: Body) -> Any:
    """Return a value with another body in the place of one within it."""
    if value is old:
        return new
    if isinstance(value, dict):
        return {name: _replaced(each, old, new) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, old, new) for each in value]
    return value


def _within(value: object) -> Iterator[Body]:
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            if "id" in each and "type" in each and _is_whole(each):
                yield each
            left.extend(each.values())
        elif isinstance(each, list | tuple):
            left.extend(each)


def _is_whole(value: Body) -> bool:
    own, kind = value["id"], value["type"]
    if not (isinstance(own, str) and isinstance(kind, str) and _properties(value)):
        return False
    return ids.is_id(own) and ids.type_of(own) == kind.lower()


def _properties(body: Body) -> Body:
    found = body.get("properties")
    return found if isinstance(found, Mapping) else {}


def _by_name(body: Body) -> dict[str, Any]:
    return {str(name).lower(): each for name, each in body.items()}


def _differing(one: object, other: object, path: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        named = _by_name(other)
        for name, value in one.items():
            key = str(name).lower()
            is_shown = key in named and not _CHANGING.fullmatch(key)
            if is_shown and (found := _differing(value, named[key], f"{path}.{name}")):
                return found
        return ""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return _differing_items(list(one), list(other), path)
    is_comparable = isinstance(one, _PLAIN) and isinstance(other, _PLAIN)
    return path if is_comparable and _plain(one) != _plain(other) else ""


def _differing_items(one: list[Any], other: list[Any], path: str) -> str:
    """Return where two lists differ: items with an id by that, all others in any order."""
    items = (*one, *other)
    if all(isinstance(each, dict) and "id" in each for each in items):
        first = {ids.key(str(each["id"])): each for each in one}
        second = {ids.key(str(each["id"])): each for each in other}
        if first.keys() != second.keys():
            return path
        found = (_differing(first[key], second[key], f"{path}[{key}]") for key in first)
        return next((each for each in found if each), "")
    left = list(other)
    for each in one:
        alike = next((at for at, it in enumerate(left) if not _differing(each, it, path)), None)
        if alike is None:
            return path
        del left[alike]
    return path if left else ""


def _plain(value: object) -> str:
    """Return a value so that only its meaning is compared: ARM writes words in any case."""
    text = str(value).lower()
    return _BOOLEANS.get(text, text)
