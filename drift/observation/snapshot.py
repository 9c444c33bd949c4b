"""Take a snapshot of a resource's watched properties, and compare two snapshots."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from drift import ids
from drift.model import MISSING, Control, Resource, dig
from drift.notices import Difference
from drift.state.size_limits import bounded_difference

_MOST: Final = 12
"""Maximum number of differences in one change."""

_SIDE: Final = "#"
"""Separates a related resource and its property."""

_PRESENT: Final = "present"

_NOISE: Final = frozenset({"etag", "provisioningstate", "id", "type", "resourceguid"})
"""Properties of a list item that change without a change of configuration."""


def snapshot(
    resource: Resource, related: Iterable[Resource], controls: Iterable[Control]
) -> dict[str, Any]:
    """Return every watched property that is present, by ``path`` or ``type/name#path``.

    Items of a list that have a name are separate entries, so that one rule of many can differ.
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
    """Return the snapshot after an evaluation; documents that it did not read keep their earlier values."""
    consulted = {ids.relative_to(each, ids.key(owner_id)).lower() for each in asked}
    kept = {
        name: value
        for name, value in before.items()
        if _SIDE in name and not _was_asked(name.partition(_SIDE)[0].lower(), consulted)
    }
    return {**kept, **after}


def _was_asked(document: str, consulted: set[str]) -> bool:
    shown_in = {document, document.rpartition("/")[0], ids.list_name_of(document)}
    return not shown_in.isdisjoint(consulted)


def view_of(properties: Mapping[str, Any]) -> str:
    """Return a hash of a snapshot, to tell whether the next one differs."""
    text = json.dumps(properties, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def comparable(
    before: Mapping[str, Any], after: Mapping[str, Any], owner_id: str, asked: Iterable[str]
) -> dict[str, Any]:
    """Return the new snapshot without the related resources that were not read before.

    A related resource that is read for the first time may be years old, so it does not count as a
    difference.
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
    """Return the changed properties among those that this control watches, at most _MOST.

    A related resource that appeared or disappeared is one difference, whatever its properties.
    """
    changed = [
        name
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and _is_below(name, _watched_in(name, control))
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
    """Return an item's own properties without those in _NOISE."""
    properties = item.get("properties")
    inner = properties if isinstance(properties, Mapping) else item
    return {
        name: value
        for name, value in inner.items()
        if name.lower() not in _NOISE and name != "name" and value is not None
    }


def _watched_in(name: str, control: Control) -> Iterator[str]:
    """Yield the paths that a control watches in the document of a property.

    A property of a related document may have the same name as a path that the control watches in
    another document.
    """
    document, related, _ = name.lower().partition(_SIDE)
    collection = document.split("/")[-2:-1]
    for kind, paths in control.watches.items():
        if not related or kind.lower().split("/")[-1:] == collection:
            yield from paths


def _is_below(name: str, paths: Iterable[str]) -> bool:
    path = name.rpartition(_SIDE)[2].lower()
    return any(
        path == each.lower() or path.startswith((f"{each.lower()}.", f"{each.lower()}["))
        for each in paths
    )
