"""How controls show what they saw: properties as evidence, collections that are known in part."""

from collections.abc import Callable, Mapping

from drift.errors import Unreadable
from drift.ids import relative_to
from drift.model import MISSING, Evidence, Resource


def check_objects(resource: Resource, *paths: str) -> None:
    """Raise Unreadable where one of these is shown and is no object: nothing in it is absent."""
    for path in paths:
        value = resource.get(path)
        if value is not MISSING and not isinstance(value, Mapping):
            raise Unreadable(path, "not an object")


def listed(
    ask: Callable[[], tuple[Resource, ...]],
) -> tuple[tuple[Resource, ...], Unreadable | None]:
    """Return a collection, or what is known of it and why the rest is not."""
    try:
        return ask(), None
    except Unreadable as error:
        return error.partial, error


def evidence(
    resource: Resource, path: str, expected: str, *, of: Resource | None = None
) -> Evidence:
    """Return a property as evidence; of a thing around what is judged its path is ``<id>#<path>``."""
    value = resource.get(path)
    named = path if of is None else f"{relative_to(resource.id, of.id)}#{path}"
    return Evidence(named, None if value is MISSING else value, expected)
