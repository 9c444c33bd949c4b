"""Whether a resource holds PHI, told from tags on it, on its group and on its subscription.

A PHI tag at any level decides, also where the level below says something else: Azure does not
inherit tags, so a resource tagged ``public`` in a group tagged ``phi`` may be a mistake of either,
and the safe reading is PHI. What is listed in monitor.toml is PHI without a look at any tag.
"""

from collections.abc import Mapping
from typing import Final

from drift import ids
from drift.config import PhiScope
from drift.errors import Unreadable
from drift.model import MISSING, Around, Resource, Scope

_NOT_PHI: Final = "no PHI tag on it, on its resource group or on its subscription"


def scope_of(resource: Resource, estate: Around, phi: PhiScope) -> Scope:
    """Return the scope, reading the group and the subscription only if nothing nearer decides.

    A level that cannot be read hides a tag that may be there: without a PHI tag on another level
    ``phi`` is None, and the resource is judged as PHI. An absent level has no tag.
    """
    listed = _listed(resource.id, phi)
    if listed:
        return Scope(True, listed)
    hidden = []
    for words, level_id in _levels(resource.id):
        try:
            level = resource if level_id == resource.id else estate.get(level_id)
            tag = _phi_tag(level, phi)
        except Unreadable:
            hidden.append(words)
            continue
        if tag:
            return Scope(True, f"{words} is tagged {tag}")
    if hidden:
        what = " and ".join(hidden)
        return Scope(None, f"the tags of {what} cannot be read, so it is judged as PHI")
    return Scope(False, _NOT_PHI)


def _levels(resource_id: str) -> tuple[tuple[str, str], ...]:
    """Return what a resource takes tags from, as words and id, the nearest first."""
    group, subscription = ids.group_of(resource_id), ids.subscription_of(resource_id)
    levels = {ids.key(resource_id): ("the resource itself", resource_id)}
    if group:
        levels.setdefault(ids.key(group), (f"resource group {group.rpartition('/')[2]}", group))
    if subscription:
        above = f"/subscriptions/{subscription}"
        levels.setdefault(above, (f"subscription {subscription}", above))
    return tuple(levels.values())


def _listed(resource_id: str, phi: PhiScope) -> str:
    """Return why a resource is PHI by its place alone, "" where it is not."""
    subscription = ids.subscription_of(resource_id)
    if subscription and _among(f"/subscriptions/{subscription}", phi.subscriptions):
        return f"its subscription {subscription} is listed as PHI"
    group = ids.group_of(resource_id)
    if group and _among(ids.key(group), phi.resource_groups):
        return f"its resource group {group.rpartition('/')[2]} is listed as PHI"
    return ""


def _among(resource_id: str, listed: tuple[str, ...]) -> bool:
    """Tell whether an id (lower case) is listed, whole or by its last name."""
    return any(ids.key(each) in (resource_id, resource_id.rpartition("/")[2]) for each in listed)


def _phi_tag(level: Resource | None, phi: PhiScope) -> str:
    """Return the tag that says PHI, "" where there is none; raise Unreadable where tags are odd."""
    if level is None:
        return ""
    tags = level.get("tags")
    if tags is MISSING:
        return ""
    if not isinstance(tags, Mapping):
        raise Unreadable("tags", "they are not an object")
    names = {each.casefold() for each in phi.tag_names}
    values = {each.casefold() for each in phi.tag_values}
    for name, value in tags.items():
        if value is None or name.strip().casefold() not in names:
            continue
        if not isinstance(value, str):
            raise Unreadable("tags", "the value of one is not a text")
        if value.strip().casefold() in values:
            return f"{name}={value}"
    return ""
