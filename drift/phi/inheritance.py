"""How resources hang together: what takes PHI scope from what, and whom a write puts in touch.

A disk takes it from its machine, a snapshot from its disk, a security group from the machines that
stand behind it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from drift import ids
from drift.arm.references import ids_at
from drift.arm.types import (
    DISK,
    IMAGE,
    INTERFACE,
    MACHINE,
    NETWORK,
    SCALE_SET,
    SECURITY_GROUP,
    SNAPSHOT,
    SUBNET,
)
from drift.model import Resource

_USED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    MACHINE: ("properties.virtualMachineScaleSet.id",),
    DISK: ("managedBy", "managedByExtended[]"),
    INTERFACE: ("properties.virtualMachine.id",),
    SECURITY_GROUP: ("properties.networkInterfaces[].id", "properties.subnets[].id"),
    NETWORK: ("properties.subnets[].properties.ipConfigurations[].id",),
    SUBNET: ("properties.ipConfigurations[].id",),
}
"""Where a document names what stands on it, or behind it."""

_COPIED_FROM: Final[Mapping[str, tuple[str, ...]]] = {
    DISK: ("properties.creationData.sourceResourceId",),
    SNAPSHOT: ("properties.creationData.sourceResourceId",),
    IMAGE: (
        "properties.sourceVirtualMachine.id",
        "properties.storageProfile.osDisk.managedDisk.id",
        "properties.storageProfile.osDisk.snapshot.id",
        "properties.storageProfile.dataDisks[].managedDisk.id",
        "properties.storageProfile.dataDisks[].snapshot.id",
    ),
}
"""Where it names what its data was copied from: gone or not, that is in it."""

CONTENTS: Final[Mapping[str, str]] = {
    "microsoft.sql/servers": "databases",
    "microsoft.sql/managedinstances": "databases",
}
"""Collections whose items, tagged as PHI, make PHI of what holds them."""

FOLLOWED: Final = frozenset({MACHINE, SCALE_SET, DISK, SNAPSHOT, INTERFACE, SUBNET})
"""Types that scope is taken from, or through."""

NUMEROUS: Final = frozenset({SECURITY_GROUP, NETWORK, SUBNET, *CONTENTS})
"""Types with so much behind them that nobody looks unless a verdict turns on it."""


@dataclass(frozen=True, slots=True)
class ScopeSource:
    """What a resource takes scope from; ``copied``: its data is in the resource for good."""

    id: str
    copied: bool


def scope_sources(resource: Resource) -> Iterator[ScopeSource]:
    """Yield what a resource takes scope from, as far as its document says; raise Unreadable.

    An address in a subnet belongs to the interface, or the scale set, in whose id it stands; what
    has no machine behind it (a gateway, a Bastion) carries nothing.
    """
    for path in _COPIED_FROM.get(resource.type, ()):
        for each in ids_at(resource.body, path):
            yield ScopeSource(_followed(each) or each, copied=True)
    for path in _USED_BY.get(resource.type, ()):
        for each in ids_at(resource.body, path):
            if found := _followed(each):
                yield ScopeSource(found, copied=False)


def _followed(resource_id: str) -> str:
    above = (each for each in ids.lineage(resource_id) if ids.type_of(each) in FOLLOWED)
    return next(above, "")
