"""What an ARM document refers to: the ids that stand at a path of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drift import ids
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig


def ids_at(body: object, path: str) -> tuple[str, ...]:
    """Return the ids at a path such as ``properties.subnets[].id``, none where nothing stands there.

    ``[]`` goes through a list. Raise Unreadable where the document is not of that form.
    """
    found = tuple(each for each in values_at(body, path) if each != "")
    if not all(isinstance(each, str) and ids.is_id(each) for each in found):
        raise Unreadable(path, "not the id of a resource")
    return found


def values_at(body: object, path: str) -> Iterator[Any]:
    """Yield every value at a path; raise Unreadable where the document is not of that form."""
    name, _, rest = path.partition(".")
    for each in _below(body, name):
        if rest:
            yield from values_at(each, rest)
        else:
            yield each


def _below(body: object, name: str) -> Iterator[Any]:
    if not isinstance(body, Mapping):
        raise Unreadable(name, "what should hold it is not an object")
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
    """Return the id that a property holds, "" where it is absent; raise Unreadable on others."""
    found = dig(body, path)
    if found is MISSING:
        return ""
    if not isinstance(found, str) or not ids.is_id(found):
        raise Unreadable(path, "it is not a resource id")
    return found


def reference_at(body: object, path: str) -> str:
    """Return the id in a reference such as ``{"id": …}``, "" where there is no reference at all."""
    found = id_at(body, f"{path}.id")
    if not found and dig(body, path) is not MISSING:
        raise Unreadable(path, "it is not a resource id")
    return found


def references_at(body: object, path: str) -> tuple[str, ...]:
    """Return the ids in a list of references, none where there is no list."""
    return tuple(_id_of_reference(each, path) for each in values_at(body, f"{path}[]"))


def _id_of_reference(reference: object, path: str) -> str:
    found = id_at(reference, "id")
    if not found:
        raise Unreadable(path, "one of them is not a resource id")
    return found


def typed_reference_at(holder: object, path: str, kind: str) -> str:
    """Return the id that a reference such as ``properties.subnet`` holds, "" where it is absent.

    Raise Unreadable where it holds none, or one of another type.
    """
    reference = _shown_at(holder, path)
    if reference is MISSING:
        return ""
    found = dig(reference, "id")
    if not isinstance(found, str) or ids.type_of(found) != kind:
        raise Unreadable(path, f"it is not the id of one of the {kind}")
    return found


def listed_ids_at(holder: object, path: str) -> tuple[str, ...]:
    """Return the ids in a list of references, of any type; none where it is absent."""
    return tuple(_listed_id(each, path) for each in items_at(holder, path))


def items_at(holder: object, path: str) -> Iterable[Any]:
    """Return the items of a list, none where it is absent; raise Unreadable on anything else."""
    listed = _shown_at(holder, path)
    if listed is MISSING:
        return ()
    if not isinstance(listed, list | tuple):
        raise Unreadable(path, "it is not a list")
    return listed


def _shown_at(holder: object, path: str) -> Any:
    """Return what stands at a path; raise Unreadable where a resource does not show all of itself."""
    return holder.get(path) if isinstance(holder, Resource) else dig(holder, path)


def _listed_id(reference: object, path: str) -> str:
    found = dig(reference, "id")
    if not isinstance(found, str) or not ids.is_id(found):
        raise Unreadable(path, "one of them is not a resource id")
    return found
