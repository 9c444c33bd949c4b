"""What network resources say of each other: the ids in them, read with suspicion."""

from collections.abc import Iterable
from typing import Any

from drift import ids
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig


def id_at(holder: object, path: str, kind: str) -> str:
    """Return the id that a reference such as ``properties.subnet`` holds, "" where it is absent.

    Raise Unreadable where it holds none, or one of another type.
    """
    reference = _at(holder, path)
    if reference is MISSING:
        return ""
    found = dig(reference, "id")
    if not isinstance(found, str) or ids.type_of(found) != kind:
        raise Unreadable(path, f"it does not name one of the {kind}")
    return found


def ids_at(holder: object, path: str) -> tuple[str, ...]:
    """Return the ids in a list of references, of whatever type; none where it is absent."""
    return tuple(_named(each, path) for each in items_at(holder, path))


def items_at(holder: object, path: str) -> Iterable[Any]:
    """Return the items of a list, none where it is absent; raise Unreadable on anything else."""
    listed = _at(holder, path)
    if listed is MISSING:
        return ()
    if not isinstance(listed, list | tuple):
        raise Unreadable(path, "it is not a list")
    return listed


def _at(holder: object, path: str) -> Any:
    """Return what stands at a path; raise Unreadable where a resource does not show all of itself."""
    return holder.get(path) if isinstance(holder, Resource) else dig(holder, path)


def _named(reference: object, path: str) -> str:
    found = dig(reference, "id")
    if not isinstance(found, str) or not ids.is_id(found):
        raise Unreadable(path, "something in it names no resource")
    return found


def parent_of(child_id: str) -> str:
    """Return the id of the resource that a child lies in."""
    return child_id.rstrip("/").rsplit("/", 2)[0]
