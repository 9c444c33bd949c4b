"""The properties of machines and scale sets, and what their size implies."""

import re
from collections.abc import Mapping
from typing import Any, Final

from detectors.disk.profiles import disks_in
from detectors.evidence import check_objects
from drift.arm.types import MACHINE, SCALE_SET
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig

MODEL: Final = "properties.virtualMachineProfile"
STORAGE: Final = "storageProfile"
ORCHESTRATION: Final = "properties.orchestrationMode"
SIZES: Final = {MACHINE: "properties.hardwareProfile.vmSize", SCALE_SET: "sku.name"}

_SIZE: Final = re.compile(r"standard_[de]c?\d+(-\d+)?(?P<features>[a-z]*)_v(?P<version>\d+)")
_FEATURES: Final = re.compile(r"standard_[a-z]+\d+(-\d+)?(?P<features>[a-z]*)(_|$)")
_SURE_FROM: Final = 5


def profile_of(resource: Resource) -> str:
    """Return where a machine's properties are, "" for a flexible scale set without a model."""
    if resource.type == MACHINE:
        return "properties"
    check_objects(resource, MODEL)
    if resource.get(MODEL) is not MISSING:
        return MODEL
    if resource.word(ORCHESTRATION) == "flexible":
        return ""
    raise Unreadable(MODEL, "absent")


def disks_of(resource: Resource, profile: str) -> dict[str, Mapping[str, Any]]:
    """Return each disk of a machine by its path; raise Unreadable where it has no OS disk."""
    storage = f"{profile}.{STORAGE}"
    disks = disks_in(resource, storage)
    if f"{storage}.osDisk" not in disks:
        raise Unreadable(f"{storage}.osDisk", "absent")
    return disks


def has_no_temporary_disk(resource: Resource) -> bool:
    """Tell whether its size is known to have no temporary disk."""
    return has_temporary_disk(resource) is False


def has_temporary_disk(resource: Resource) -> bool | None:
    """Tell whether its size has a temporary disk, None if the size does not show it.

    A ``d`` among the features of a size says so; from version 5 on sizes of the families D and E have
    one only then.
    https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions
    """
    size = str(resource.get(SIZES[resource.type])).lower()
    features = _FEATURES.match(size)
    if features and "d" in features["features"]:
        return True
    found = _SIZE.fullmatch(size)
    return False if found and int(found["version"]) >= _SURE_FROM else None


def is_ephemeral(disk: Mapping[str, Any]) -> bool:
    """Tell whether a machine's disk is on its host: then Azure shows no resource for it."""
    return dig(disk, "diffDiskSettings.option") is not MISSING
