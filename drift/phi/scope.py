"""Determine whether a resource holds PHI: by lists, tags, and the resources it belongs to.

A PHI tag at any level decides, even if the level below has another value: Azure does not
inherit tags, so for a resource tagged ``public`` in a group tagged ``phi`` either tag may be wrong,
and PHI is the safe result. A resource listed in monitor.toml is PHI regardless of tags. The disks of
a PHI machine, their copies, its interfaces and its security groups are PHI too. FHIR and DICOM
services hold health records, with or without a tag, unless monitor.toml lists them as released.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Final

from drift import ids
from drift.config.model import PhiScope
from drift.errors import Unreadable
from drift.estate import Around, Scope
from drift.model import MISSING, Resource
from drift.phi.inheritance import (
    CERTAINLY_PHI,
    CONTENTS,
    FOLLOWED,
    ScopeSource,
    scope_sources,
)

_WHOLES: Final = {
    ids.SUBSCRIPTION: "subscription",
    ids.TENANT: "tenant",
    ids.MANAGEMENT_GROUP: "management group",
}

MAX_SOURCES: Final = 20
"""Scope sources that are read for one resource; a resource with more is treated as PHI."""

_NOT_PHI: Final = (
    "no PHI tag on it, the resources it belongs to, its resource group or its subscription"
)

TagLevel = tuple[str, str]
"""A resource whose tags count: its name in a reason, and its id."""


def scope_of(resource: Resource, estate: Around, phi: PhiScope) -> Scope:
    """Return the scope; resources that it belongs to are read only if nearer levels do not decide.

    An unreadable level may have a PHI tag: without a PHI tag on another level ``phi`` is None, and
    the resource is treated as PHI. An absent level has no tag.
    """
    near = near_scope(resource, estate, phi)
    return near if near.phi else inherited_scope(resource, near, estate, phi)


def near_scope(resource: Resource, estate: Around, phi: PhiScope) -> Scope:
    """Return the scope by lists and by tags on the resource and above it."""
    return _by_levels(resource, "the resource itself", estate, phi)


def inherited_scope(resource: Resource, near: Scope, estate: Around, phi: PhiScope) -> Scope:
    """Return the scope by the type, the sources and the children of a resource without a PHI tag."""
    if resource.type in CERTAINLY_PHI and not is_released(resource.id, phi):
        return Scope(True, "services of its type hold health records")
    if resource.type in _WHOLES and near.phi is False:
        return _by_contents(resource, near, phi)
    unknown = [near.why] if near.phi is None else []
    for found in (*_by_children(resource, estate, phi), *_by_sources(resource, estate, phi)):
        if found.phi:
            return found
        unknown.append(found.why)
    return Scope(None, "; ".join(dict.fromkeys(unknown))) if unknown else near


def _by_contents(whole: Resource, near: Scope, phi: PhiScope) -> Scope:
    """Return the scope of a subscription or more without a PHI tag: any resource in it may hold PHI.

    Only the operator can say that none does, by listing it as released.
    """
    if is_released(whole.id, phi):
        return near
    return Scope(None, reason_of_contents(whole.type))


def reason_of_contents(kind: str) -> str:
    """Return why a subscription or more may hold PHI, "" for another type."""
    whole = _WHOLES.get(kind)
    return f"any resource of the {whole} may hold PHI" if whole else ""


def own_tag(resource: Resource, phi: PhiScope) -> str:
    """Return the PHI tag on the resource itself as ``name=value``, "" where it has none.

    Raise Unreadable where its tags are invalid.
    """
    tags = resource.get("tags")
    if tags is MISSING:
        return ""
    if not isinstance(tags, Mapping):
        raise Unreadable("tags", "not an object")
    names, values = _casefolded(phi.tag_names), _casefolded(phi.tag_values)
    for name, value in tags.items():
        if value is None or name.strip().casefold() not in names:
            continue
        if not isinstance(value, str):
            raise Unreadable("tags", "a tag value is not a string")
        if value.strip().casefold() in values:
            return f"{name}={value}"
    return ""


@functools.lru_cache(maxsize=1 << 4)
def _casefolded(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(each.casefold() for each in texts)


def is_released(resource_id: str, phi: PhiScope) -> bool:
    """Tell whether the operator has listed the resource as no longer holding PHI."""
    name = ids.key(resource_id)
    return any(name == each or name.startswith(f"{each}/") for each in phi.released)


def _by_sources(resource: Resource, estate: Around, phi: PhiScope) -> Iterator[Scope]:
    """Yield the scope of the first PHI source, after that of each unreadable source before it."""
    waiting, visited = [resource], {ids.key(resource.id)}
    while waiting:
        holder = waiting.pop(0)
        try:
            sources = [each for each in scope_sources(holder) if ids.key(each.id) not in visited]
        except Unreadable as error:
            yield Scope(
                None, f"the resources that {_named(holder.id)} belongs to are unknown: {error}"
            )
            continue
        for each in sources:
            visited.add(ids.key(each.id))
            if len(visited) > MAX_SOURCES + 1:
                yield Scope(None, f"it belongs to more than {MAX_SOURCES} resources")
                return
            found, scope = _read_source(each, estate, phi)
            if scope:
                yield scope
            if found:
                waiting.append(found)


def _read_source(
    source: ScopeSource, estate: Around, phi: PhiScope
) -> tuple[Resource | None, Scope | None]:
    """Return a source, and its scope by levels if that is PHI; each is None if unknown."""
    name = _named(source.id)
    unreadable = Scope(None, f"{name} cannot be read")
    try:
        known = ids.type_of(source.id) in FOLLOWED
        found = estate.get(source.id) if known else None
    except Unreadable:
        return None, unreadable
    if found is None:
        gone = Scope(None, f"{name}, which it was copied from, is not visible")
        return None, gone if source.copied else None
    scope = _by_levels(found, name, estate, phi)
    return found, None if scope.phi is False else scope


def _by_children(resource: Resource, estate: Around, phi: PhiScope) -> Iterator[Scope]:
    """Yield the scope by the first child with a PHI tag, or by children with unreadable tags."""
    collection = CONTENTS.get(resource.type)
    if not collection:
        return
    try:
        items = estate.children(resource.id, collection)
        tagged = ((each, own_tag(each, phi)) for each in items)
        found = next(((each, tag) for each, tag in tagged if tag), None)
    except Unreadable:
        yield Scope(None, f"the tags of its {collection} cannot be read")
        return
    if found:
        yield Scope(True, f"{_named(found[0].id)}, which it contains, is tagged {found[1]}")


def _by_levels(resource: Resource, own_name: str, estate: Around, phi: PhiScope) -> Scope:
    if why := listed(resource.id, phi):
        return Scope(True, why, listed=True)
    unreadable = []
    for name, level_id in _levels(resource.id, own_name):
        try:
            level = resource if level_id == resource.id else estate.get(level_id)
            tag = own_tag(level, phi) if level else ""
        except Unreadable:
            unreadable.append(name)
            continue
        if tag:
            return Scope(True, f"{name} is tagged {tag}")
    if unreadable:
        names = " and ".join(unreadable)
        return Scope(None, f"the tags of {names} cannot be read")
    return Scope(False, _NOT_PHI)


def _levels(resource_id: str, own_name: str) -> Iterator[TagLevel]:
    """Yield the levels whose tags count, the nearest first: the resource and all above it."""
    yield own_name, resource_id
    own = ids.key(resource_id)
    for each in ids.lineage(resource_id):
        if ids.key(each) != own:
            yield _named(each), each


def _named(resource_id: str) -> str:
    """Return a resource's name for a reason: ``virtualMachines/reader``, ``resource group clinic``."""
    names = resource_id.rstrip("/").split("/")
    match ids.type_of(resource_id):
        case ids.SUBSCRIPTION:
            return f"subscription {names[-1]}"
        case ids.GROUP:
            return f"resource group {names[-1]}"
        case _:
            return "/".join(names[-2:])


def listed(resource_id: str, phi: PhiScope) -> str:
    """Return why a resource is PHI by the lists in monitor.toml, "" where it is not."""
    subscription = ids.subscription_of(resource_id)
    if subscription and _is_listed(f"/subscriptions/{subscription}", phi.subscriptions):
        return f"its subscription {subscription} is listed as PHI"
    group = ids.group_of(resource_id)
    if group and _is_listed(ids.key(group), phi.resource_groups):
        return f"its resource group {ids.name_of(group)} is listed as PHI"
    return ""


def _is_listed(resource_id: str, names: tuple[str, ...]) -> bool:
    """Tell whether an id (lower case) is listed, whole or by its last name."""
    return any(ids.key(each) in (resource_id, ids.name_of(resource_id)) for each in names)
