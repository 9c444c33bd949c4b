"""What an ARM document refers to: the ids that stand at a path of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from drift import ids
from drift.errors import Unreadable
from drift.model import MISSING, dig


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
