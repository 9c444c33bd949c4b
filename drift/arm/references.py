"""The ids that an ARM document refers to.

A ``holder`` is a Resource, or a part of a document such as an item of a list. A property counts as
absent only if the document would show it: a property that an incomplete Resource does not show, and
a property below a value that is not an object, raise Unreadable.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from drift import ids
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig


def id_at(holder: object, path: str) -> str:
    """Return the id that a property holds, "" where it is absent; raise Unreadable on others."""
    found = _value_at(holder, path)
    if found is MISSING:
        return ""
    if not isinstance(found, str) or not ids.is_id(found):
        raise Unreadable(path, "it is not a resource id")
    return found


def reference_at(holder: object, path: str, kind: str = "") -> str:
    """Return the id in a reference such as ``{"id": …}``, "" where there is no reference.

    Raise Unreadable where the reference has no id, or one of another type than ``kind`` ("": any).
    """
    reference = _value_at(holder, path)
    if reference is MISSING:
        return ""
    found = _id_of(reference)
    if not found:
        raise Unreadable(path, "it is not a resource id")
    if kind and ids.type_of(found) != kind:
        raise Unreadable(path, f"it is not the id of one of the {kind}")
    return found


def references_at(holder: object, path: str) -> tuple[str, ...]:
    """Return the ids in a list of references, none where there is no list; raise Unreadable."""
    found = tuple(_id_of(each) for each in items_at(holder, path))
    if not all(found):
        raise Unreadable(path, "one of them is not a resource id")
    return found


def items_at(holder: object, path: str) -> tuple[Any, ...]:
    """Return the items of a list, none where it is absent; raise Unreadable on anything else."""
    found = _value_at(holder, path)
    if found is MISSING:
        return ()
    if not isinstance(found, list | tuple):
        raise Unreadable(path, "it is not a list")
    return tuple(found)


def ids_at(body: object, path: str) -> tuple[str, ...]:
    """Return the ids that a document shows at a path such as ``properties.subnets[].id``.

    ``[]`` goes through a list. Raise Unreadable where the document is not of that form.
    """
    found = tuple(each for each in values_at(body, path) if each != "")
    if not all(isinstance(each, str) and ids.is_id(each) for each in found):
        raise Unreadable(path, "not the id of a resource")
    return found


def values_at(body: object, path: str) -> Iterator[Any]:
    """Yield every value that a document shows at a path, as ``ids_at`` has it; raise Unreadable."""
    name, _, rest = path.partition(".")
    for each in _below(body, name):
        if rest:
            yield from values_at(each, rest)
        else:
            yield each


def _below(body: object, name: str) -> Iterator[Any]:
    if name.endswith("[]"):
        yield from items_at(body, name.removesuffix("[]"))
    elif (value := _value_at(body, name)) is not MISSING:
        yield value


def _value_at(holder: object, path: str) -> Any:
    """Return the value at a path, MISSING if it is absent; raise Unreadable."""
    value = holder.get(path) if isinstance(holder, Resource) else dig(holder, path)
    if value is MISSING:
        _check_absent(holder.body if isinstance(holder, Resource) else holder, path)
    return value


def _check_absent(body: object, path: str) -> None:
    """Raise Unreadable if a value above a path is not an object: then nothing is known to be absent."""
    for name in path.split("."):
        if not isinstance(body, Mapping):
            raise Unreadable(path, "the value above it is not an object")
        body = dig(body, name)
        if body is MISSING:
            return


def _id_of(reference: object) -> str:
    """Return the id of a reference, "" where it has none."""
    found = dig(reference, "id")
    return found if isinstance(found, str) and ids.is_id(found) else ""
