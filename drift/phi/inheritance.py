"""The resources that a resource inherits PHI scope from, as far as its document names them.

A disk inherits from its machine, a snapshot from its disk, a security group from the machines that
it protects.
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
"""The property paths at which a document names the resources that use it."""

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
"""The property paths at which a document names the sources of its data.

The copied data is in the resource, whether or not the source still exists.
"""

CONTENTS: Final[Mapping[str, str]] = {
    "microsoft.sql/servers": "databases",
    "microsoft.sql/managedinstances": "databases",
}
"""Child collections by type: a child with a PHI tag puts its parent in scope."""

CERTAINLY_PHI: Final = frozenset(
    {
        "microsoft.healthcareapis/services",
        "microsoft.healthcareapis/workspaces/fhirservices",
        "microsoft.healthcareapis/workspaces/dicomservices",
    }
)
"""Types that hold health records by their purpose, whatever their tags say."""

FOLLOWED: Final = frozenset({MACHINE, SCALE_SET, DISK, SNAPSHOT, INTERFACE, SUBNET})
"""Types that scope is inherited from, directly or through other resources."""

NUMEROUS: Final = frozenset({SECURITY_GROUP, NETWORK, SUBNET, *CONTENTS})
"""Types with many related resources: they are read only where a verdict depends on the scope."""


@dataclass(frozen=True, slots=True)
class ScopeSource:
    """A resource that another one inherits scope from; ``copied``: the other one contains its data."""

    id: str
    copied: bool


def scope_sources(resource: Resource) -> Iterator[ScopeSource]:
    """Yield the scope sources that a document names; raise Unreadable where a path is invalid.

    An IP configuration in a subnet belongs to the interface or the scale set that is part of its id.
    A resource without a machine, such as a gateway or a Bastion, is not a source.
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
