"""How controls show what they saw: properties as evidence, collections that are known in part."""

from collections.abc import Callable, Mapping

from drift import ids
from drift.errors import Unreadable
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
    named = path if of is None else f"{relative(resource.id, of.id)}#{path}"
    return Evidence(named, None if value is MISSING else value, expected)


def relative(resource_id: str, owner_id: str) -> str:
    """Return an id as it reads below its owner, else by its last type and name."""
    if ids.key(resource_id).startswith(f"{ids.key(owner_id)}/"):
        return resource_id.rstrip("/")[len(owner_id.rstrip("/")) + 1 :]
    return "/".join(resource_id.rstrip("/").split("/")[-2:])
