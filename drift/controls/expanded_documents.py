"""Documents that another body shows whole, as ARM does with ``$expand``: a network interface with its group.

Such a document is evidence like one that is given by itself. A reference is none, although it may have
properties of its own: a machine says of its interface only whether it is the primary one. What is shown
whole has the type of its id.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from drift import ids

_CHANGING: Final = frozenset({"provisioningstate"})
"""Properties that differ between two answers although nobody wrote the resource."""

_PLAIN: Final = (str, int, float, bool)

ExpandedDocuments = Mapping[str, tuple[Mapping[str, Any], ...]]
"""The bodies in which each document is shown whole, by its lower-case id."""


def shown_whole(bodies: Iterable[Mapping[str, Any]]) -> ExpandedDocuments:
    """Return each document that is shown whole within another body; an item of a list is a body itself."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for body in bodies:
        inner = chain.from_iterable(map(_within, body.values()))
        for each in inner if "properties" in body else ():
            found[ids.key(each["id"])].append(each)
    return {name: tuple(each) for name, each in found.items()}


def contradiction(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return the first property that two bodies of a resource show differently, "" for none.

    A property that only one of them has is no contradiction.
    """
    return _differing(_properties(one), _properties(other), "properties")


def _within(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if _is_whole(value):
            yield value
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _within(each)


def _is_whole(value: Mapping[str, Any]) -> bool:
    own, kind = value.get("id"), value.get("type")
    if not (isinstance(own, str) and ids.is_id(own) and isinstance(kind, str)):
        return False
    return ids.type_of(own) == kind.lower() and bool(_properties(value))


def _properties(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found = body.get("properties")
    return found if isinstance(found, Mapping) else {}


def _differing(one: object, other: object, path: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        named = {str(name).lower(): each for name, each in other.items()}
        for name, value in one.items():
            key = str(name).lower()
            is_shown = key in named and key not in _CHANGING
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
    if not all(isinstance(each, _PLAIN) for each in items):
        return ""
    return "" if sorted(map(_plain, one)) == sorted(map(_plain, other)) else path


def _plain(value: object) -> str:
    """Return a value so that only its meaning is compared: ARM writes words in any case."""
    return str(value).lower()
