"""Read the resource ids that an ARM document holds at a property path."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drift import ids
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig


def ids_at(body: object, path: str) -> tuple[str, ...]:
    """Return the ids at a path such as ``properties.subnets[].id``, () where the path is absent.

    ``[]`` stands for every item of a list. Raise Unreadable where the document has another form, or
    a value is not a resource id.
    """
    found = tuple(each for each in values_at(body, path) if each != "")
    if not all(isinstance(each, str) and ids.is_id(each) for each in found):
        raise Unreadable(path, "not a resource id")
    return found


def values_at(body: object, path: str) -> Iterator[Any]:
    """Yield every value at a path; raise Unreadable where the document has another form."""
    name, _, rest = path.partition(".")
    for each in _values_below(body, name):
        if rest:
            yield from values_at(each, rest)
        else:
            yield each


def _values_below(body: object, name: str) -> Iterator[Any]:
    if not isinstance(body, Mapping):
        raise Unreadable(name, "its parent is not an object")
    value = dig(body, name.removesuffix("[]"))
    if value is MISSING:
        return
    if not name.endswith("[]"):
        yield value
    elif isinstance(value, list | tuple):
        yield from value
    else:
        raise Unreadable(name, "not a list")


def id_at(body: object, path: str) -> str:
    """Return the id in a property, "" where it is absent; raise Unreadable on any other value."""
    found = dig(body, path)
    if found is MISSING:
        return ""
    if not isinstance(found, str) or not ids.is_id(found):
        raise Unreadable(path, "not a resource id")
    return found


def reference_at(body: object, path: str) -> str:
    """Return the id in a reference such as ``{"id": …}``, "" where the reference is absent.

    Raise Unreadable where the reference holds no resource id.
    """
    found = id_at(body, f"{path}.id")
    if not found and dig(body, path) is not MISSING:
        raise Unreadable(path, "not a resource id")
    return found


def references_at(body: object, path: str) -> tuple[str, ...]:
    """Return the ids in a list of references, () where the list is absent; raise Unreadable."""
    return tuple(_id_of_reference(each, path) for each in values_at(body, f"{path}[]"))


def _id_of_reference(reference: object, path: str) -> str:
    found = id_at(reference, "id")
    if not found:
        raise Unreadable(path, "an item is not a resource id")
    return found


def typed_reference_at(holder: object, path: str, kind: str) -> str:
    """Return the id in a reference such as ``properties.subnet``, "" where it is absent.

    Raise Unreadable where the reference holds no id, or the id of a resource of another type.
    """
    reference = _value_at(holder, path)
    if reference is MISSING:
        return ""
    found = dig(reference, "id")
    if not isinstance(found, str) or ids.type_of(found) != kind:
        raise Unreadable(path, f"not the id of a resource of type {kind}")
    return found


def listed_ids_at(holder: object, path: str) -> tuple[str, ...]:
    """Return the ids in a list of references of any type, () where it is absent."""
    return tuple(_listed_id(each, path) for each in items_at(holder, path))


def items_at(holder: object, path: str) -> Iterable[Any]:
    """Return the items of a list, () where it is absent; raise Unreadable on any other value."""
    listed = _value_at(holder, path)
    if listed is MISSING:
        return ()
    if not isinstance(listed, list | tuple):
        raise Unreadable(path, "not a list")
    return listed


def _value_at(holder: object, path: str) -> Any:
    """Return the value at a path; raise Unreadable where a partial resource may only not show it."""
    return holder.get(path) if isinstance(holder, Resource) else dig(holder, path)


def _listed_id(reference: object, path: str) -> str:
    found = dig(reference, "id")
    if not isinstance(found, str) or not ids.is_id(found):
        raise Unreadable(path, "an item is not a resource id")
    return found
