"""How a resource names another: by an id somewhere in its document."""

from drift import ids
from drift.errors import Unreadable
from drift.model import MISSING, dig
from drift.references import values_at


def id_at(body: object, path: str) -> str:
    """Return the id that a property holds, "" where it is absent; raise Unreadable on others."""
    found = dig(body, path)
    if found is MISSING:
        return ""
    if not isinstance(found, str) or not ids.is_id(found):
        raise Unreadable(path, "it names no resource")
    return found


def reference_at(body: object, path: str) -> str:
    """Return the id in a reference such as ``{"id": …}``, "" where there is no reference at all."""
    found = id_at(body, f"{path}.id")
    if not found and dig(body, path) is not MISSING:
        raise Unreadable(path, "it names no resource")
    return found


def references_at(body: object, path: str) -> tuple[str, ...]:
    """Return the ids in a list of references, none where there is no list."""
    return tuple(_named(each, path) for each in values_at(body, f"{path}[]"))


def _named(reference: object, path: str) -> str:
    found = id_at(reference, "id")
    if not found:
        raise Unreadable(path, "one of them names no resource")
    return found


def last_name(resource_id: str) -> str:
    """Return what a resource is called: the last segment of its id."""
    return resource_id.rstrip("/").rpartition("/")[2]
