"""The watched properties of a resource and of what was read around it, and what changed in them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from drift import ids
from drift.model import MISSING, Control, Resource, dig
from drift.notices import Difference
from drift.state.size_limits import bounded_difference

_MOST: Final = 12
"""Differences told at most; a card shows what matters, the evidence keeps all."""

_SIDE: Final = "#"
"""Stands between a related thing and its property."""

_PRESENT: Final = "present"

_NOISE: Final = frozenset({"etag", "provisioningstate", "id", "type", "resourceguid"})
"""Below a named item these change without meaning anything."""


def snapshot(
    resource: Resource, related: Iterable[Resource], controls: Iterable[Control]
) -> dict[str, Any]:
    """Return every watched property that is present, by ``path`` or ``type/name#path``.

    Items of a list that carry a name stand one by one, so that one rule of many can differ.
    """
    watched = _paths(controls)
    found: dict[str, Any] = {}
    for each in (resource, *related):
        mine = each is resource
        prefix = "" if mine else f"{ids.relative_to(each.id, resource.id)}{_SIDE}"
        for path in watched.get(ids.type_of(each.id) if not mine else each.type, ()):
            found.update(_flat(prefix + path, dig(each.body, path)))
    return found


def carried_snapshot(
    before: Mapping[str, Any], after: Mapping[str, Any], owner_id: str, asked: Iterable[str]
) -> dict[str, Any]:
    """Return what is known after a look: of what it did not ask for, what was known before."""
    consulted = {ids.relative_to(each, ids.key(owner_id)).lower() for each in asked}
    kept = {
        name: value
        for name, value in before.items()
        if _SIDE in name and not _was_asked(name.partition(_SIDE)[0].lower(), consulted)
    }
    return {**kept, **after}


def _was_asked(document: str, consulted: set[str]) -> bool:
    return document in consulted or document.rpartition("/")[0] in consulted


def view_of(properties: Mapping[str, Any]) -> str:
    """Return a hash of what was seen, to tell whether the next look sees anything else."""
    text = json.dumps(properties, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def comparable(
    before: Mapping[str, Any], after: Mapping[str, Any], owner_id: str, asked: Iterable[str]
) -> dict[str, Any]:
    """Return what is seen now without the related things that nobody asked for before.

    What is seen for the first time may have been there for years: it did not come just now.
    """
    known = {ids.relative_to(each, ids.key(owner_id)).lower() for each in asked}
    known |= {each.lower() for each in _documents(before)}
    return {
        name: value
        for name, value in after.items()
        if _SIDE not in name or _was_asked(name.partition(_SIDE)[0].lower(), known)
    }


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], control: Control
) -> tuple[Difference, ...]:
    """Return what changed among the properties that this control watches.

    A related thing that came or went is one difference, whatever properties it had.
    """
    paths = {path for some in control.watches.values() for path in some}
    changed = [
        name
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and _is_below(name, paths)
    ]
    there = (_documents(before), _documents(after))
    told = (_difference(name, (before, after), there) for name in changed)
    unique = {(each.path, str(each.before)): each for each in told}
    return tuple(unique.values())[:_MOST]


def _documents(properties: Iterable[str]) -> set[str]:
    return {name.partition(_SIDE)[0] for name in properties if _SIDE in name}


def _difference(
    name: str, sides: tuple[Mapping[str, Any], Mapping[str, Any]], there: tuple[set[str], set[str]]
) -> Difference:
    document, related, _ = name.partition(_SIDE)
    was, is_now = (document in side for side in there)
    if related and was != is_now:
        return Difference(document, _PRESENT if was else None, _PRESENT if is_now else None)
    return bounded_difference(Difference(name, *(side.get(name) for side in sides)))


def _paths(controls: Iterable[Control]) -> dict[str, set[str]]:
    watched: dict[str, set[str]] = {}
    for control in controls:
        for kind, paths in control.watches.items():
            watched.setdefault(kind, set()).update(paths)
    return watched


def _flat(name: str, value: Any) -> dict[str, Any]:
    if value is MISSING:
        return {}
    if isinstance(value, list) and value and all(_name_of(item) for item in value):
        return {f"{name}[{_name_of(item)}]": _meant(item) for item in value}
    return {name: value}


def _name_of(item: object) -> str:
    return str(item.get("name") or "") if isinstance(item, Mapping) else ""


def _meant(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's own properties without what the platform counts up by itself."""
    properties = item.get("properties")
    inner = properties if isinstance(properties, Mapping) else item
    return {
        name: value
        for name, value in inner.items()
        if name.lower() not in _NOISE and name != "name" and value is not None
    }


def _is_below(name: str, paths: Iterable[str]) -> bool:
    path = name.rpartition(_SIDE)[2].lower()
    return any(
        path == each.lower() or path.startswith((f"{each.lower()}.", f"{each.lower()}["))
        for each in paths
    )
