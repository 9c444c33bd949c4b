"""Evaluate resources by rows of Resource Graph: a property that a row lacks does not count as absent.

A row may be minutes old and of an older api-version. So a read from ARM must confirm a failure that
a row shows. A pass by the row and by its related reads is a pass.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.arm.listing import CONTAINERS, is_listed
from drift.arm.types import NETWORK, SUBNET
from drift.clock import bounds
from drift.detector import Detectors
from drift.model import Resource
from drift.observation.observation import Observation
from drift.observation.observe import observe_document, read_estate_of
from drift.ports import Page
from drift.services import Services
from drift.state.resource_record import Record

BEHIND: Final = timedelta(minutes=5)
"""How far Resource Graph may be behind ARM: minutes were observed, no limit is documented.
https://learn.microsoft.com/azure/governance/resource-graph/overview"""


_INLINE: Final[Mapping[str, tuple[str, str]]] = {NETWORK: ("subnets", SUBNET)}
"""Children that have controls and appear only in their parent's row."""


def listed_types(detectors: Detectors) -> tuple[str, ...]:
    """Return the evaluated types that Resource Graph lists, and those whose children are evaluated."""
    kinds = {kind for each in detectors for kind in each.CONTROL.resource_types}
    kinds |= {parent for parent, (_, child) in _INLINE.items() if child in kinds}
    return tuple(sorted(filter(is_listed, kinds)))


def listed_containers(detectors: Detectors) -> tuple[str, ...]:
    """Return the types of groups and subscriptions that a control evaluates."""
    kinds = {kind for each in detectors for kind in each.CONTROL.resource_types}
    return tuple(each for each in CONTAINERS if each in kinds)


def resources_in(row: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the resource of a row, and the children in it that are evaluated themselves."""
    resource_id = str(row["id"])
    kind = ids.type_of(resource_id)
    yield Resource(resource_id, kind, row, whole=False)
    name, child = _INLINE.get(kind, ("", ""))
    properties = row.get("properties")
    items = properties.get(name) if name and isinstance(properties, Mapping) else None
    for each in items if isinstance(items, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("name"), str):
            child_id = f"{resource_id}/{name}/{each['name']}"
            yield Resource(child_id, child, {**each, "id": child_id}, whole=False)


def groups_of(page: Page) -> tuple[str, ...]:
    """Return the names of the groups that a page's resources lie in."""
    groups = (ids.name_of(ids.group_of(str(row["id"]))) for row in page.rows)
    return tuple(sorted({each.lower() for each in groups if each}))


def observe_row(
    services: Services,
    record: Record,
    resource: Resource,
    *,
    tags: Page,
    cached: Mapping[str, CachedRead] = MappingProxyType({}),
) -> Observation:
    """Evaluate one resource by its row, and read the related documents that the row lacks.

    ``tags`` are its group and its subscription, as Resource Graph shows them; ``cached`` has
    related documents that were read a moment ago.
    """
    now, at = services.clock(), bounds.earlier(tags.at, BEHIND)
    around = {
        ids.key(str(row["id"])): CachedRead(at, now, (row,), listed=True) for row in tags.rows
    }
    estate = read_estate_of(services, record, {**around, **cached}, now, shares=True)
    return observe_document(services, record, resource, estate, at=at, own=None)
