"""What a document names, and what is named anew, otherwise or no more since it was seen last."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from drift import ids
from drift.arm.references import values_at
from drift.arm.types import BALANCER, BASTION, INTERFACE, MACHINE, NETWORK, SUBNET
from drift.errors import Unreadable
from drift.model import Resource, dig

Links = Mapping[str, str]
"""What a document names, by id as it is spelt, each with a mark of what it shows of it."""

_NOISE: Final = frozenset({"etag", "provisioningState"})


def links_of(resource: Resource) -> Links | None:
    """Return what a document names, None where that cannot be understood."""
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
        raise Unreadable(path, "it names nothing")
    shown = _quiet(value)
    return named, hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:8]


def _quiet(value: Any) -> Any:
    """Return a value without what changes in it by itself."""
    if isinstance(value, Mapping):
        return {name: _quiet(each) for name, each in value.items() if name not in _NOISE}
    return [_quiet(each) for each in value] if isinstance(value, list | tuple) else value


def changed_links(before: Links | None, after: Links) -> tuple[str, ...]:
    """Return the ids that are named anew, otherwise than before, or no more; in order."""
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
    BALANCER: tuple(
        f"properties.backendAddressPools[].properties.{path}.id"
        for path in (
            "virtualNetwork",
            "loadBalancerBackendAddresses[].properties.virtualNetwork",
            "loadBalancerBackendAddresses[].properties.subnet",
        )
    ),
}
"""Where a document names others, by id or whole; what it names stands in nobody else's event."""


LOOKED_UP: Final = frozenset({BALANCER})
"""Types that name others by what is no id, an address: who is named finds them in the list of its
subscription. So it is that list which such a document touches, once it names another network."""
