"""Properties as evidence, and collections that are readable in part."""

from collections.abc import Callable, Mapping

from drift.errors import Unreadable
from drift.ids import relative_to
from drift.model import MISSING, Evidence, Resource


def check_objects(resource: Resource, *paths: str) -> None:
    """Raise Unreadable if one of these is shown but is not an object."""
    for path in paths:
        value = resource.get(path)
        if value is not MISSING and not isinstance(value, Mapping):
            raise Unreadable(path, "not an object")


def check_properties(resource: Resource) -> None:
    """Raise Unreadable if a document has no properties: then no property counts as absent."""
    if not isinstance(resource.get("properties"), Mapping):
        raise Unreadable("properties", "absent or not an object")


def listed(
    ask: Callable[[], tuple[Resource, ...]],
) -> tuple[tuple[Resource, ...], Unreadable | None]:
    """Return a collection, or its readable items and why the others are not readable."""
    try:
        return ask(), None
    except Unreadable as error:
        return error.partial, error


def evidence(
    resource: Resource, path: str, expected: str = "", *, of: Resource | None = None
) -> Evidence:
    """Return a property as evidence; ``expected`` is "" where the control requires no value of it.

    The path of a related resource's property is ``<id>#<path>``; ``of`` is the resource evaluated.
    A property that an event does not show has no value here: evidence never decides a verdict.
    """
    value = resource.shown(path)
    named = path if of is None else f"{relative_to(resource.id, of.id)}#{path}"
    return Evidence(named, None if value is MISSING else value, expected)
