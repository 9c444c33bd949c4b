"""The resources that a document names, and which of these links changed since the last read."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from drift import ids
from drift.arm.references import values_at
from drift.arm.types import (
    BALANCER,
    BASTION,
    FLOW_LOG,
    INTERFACE,
    MACHINE,
    NETWORK,
    SUBNET,
)
from drift.errors import Unreadable
from drift.model import Resource, dig

Links = Mapping[str, str]
"""The resources that a document names: id as written → hash of the properties shown, or ""."""

_NOISE: Final = frozenset({"etag", "provisioningState"})
"""Properties that change without a change of configuration."""


def links_of(resource: Resource) -> Links | None:
    """Return the links of a document, None where they cannot be understood."""
    found: dict[str, str] = {}
    try:
        for path in LINKS.get(resource.type, ()):
            for each in values_at(resource.body, path):
                found.update([_link(path, each)])
    except Unreadable:
        return None
    return found


def _link(path: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    named = dig(value, "id")
    if not isinstance(named, str) or not isinstance(value, Mapping):
        raise Unreadable(path, "it names no resource")
    shown = _without_noise(value)
    return named, hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:8]


def _without_noise(value: Any) -> Any:
    """Return a value without the properties in _NOISE."""
    if isinstance(value, Mapping):
        return {name: _without_noise(each) for name, each in value.items() if name not in _NOISE}
    return [_without_noise(each) for each in value] if isinstance(value, list | tuple) else value


def changed_links(before: Links | None, after: Links) -> tuple[str, ...]:
    """Return the ids of the links that were added, changed or removed, sorted by key."""
    known, shown = _folded(before or {}), _folded(after)
    differing = (each for each in known.keys() | shown.keys() if known.get(each) != shown.get(each))
    spelt = {ids.key(each): each for each in (*(before or {}), *after)}
    return tuple(spelt[each] for each in sorted(differing))


def _folded(links: Links) -> dict[str, str]:
    return {ids.key(name): mark for name, mark in links.items()}


LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    MACHINE: (
        "properties.storageProfile.osDisk.managedDisk.id",
        "properties.storageProfile.dataDisks[].managedDisk.id",
        "properties.networkProfile.networkInterfaces[].id",
    ),
    INTERFACE: (
        "properties.networkSecurityGroup.id",
        "properties.virtualMachine.id",
        "properties.ipConfigurations[].properties.subnet.id",
    ),
    NETWORK: ("properties.subnets[]",),
    SUBNET: ("properties.networkSecurityGroup.id",),
    BASTION: ("properties.ipConfigurations[].properties.subnet.id", "properties.virtualNetwork.id"),
    FLOW_LOG: ("properties.targetResourceId",),
    BALANCER: tuple(
        f"properties.backendAddressPools[].properties.{path}.id"
        for path in (
            "virtualNetwork",
            "loadBalancerBackendAddresses[].properties.virtualNetwork",
            "loadBalancerBackendAddresses[].properties.subnet",
        )
    ),
}
"""The property paths at which a document of a type names other resources, by id or as objects.

A change of such a link raises no event for the resource that is named.
"""


LINKED_BY_ADDRESS: Final = frozenset({BALANCER})
"""Types that also name resources by an IP address, which is not an id.

A resource finds the documents that name its address in the list of its subscription. So a changed
link in such a document counts as a change of that list.
"""
