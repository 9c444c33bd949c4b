"""The disks in a storage profile: those of an image, a machine or a scale set."""

from collections.abc import Mapping
from typing import Any

from detectors.evidence import check_objects
from drift.errors import Unreadable
from drift.model import MISSING, Resource


def disks_in(resource: Resource, profile: str) -> dict[str, Mapping[str, Any]]:
    """Return each disk by its path, the OS disk first; raise Unreadable where none is shown."""
    check_objects(resource, profile)
    system, data = f"{profile}.osDisk", f"{profile}.dataDisks"
    shown = {} if resource.get(system) is MISSING else {system: resource.get(system)}
    shown |= {f"{data}[{at}]": each for at, each in enumerate(resource.items(data))}
    if not shown:
        raise Unreadable(profile, "it shows no disk")
    for path, each in shown.items():
        if not isinstance(each, Mapping):
            raise Unreadable(path, "not an object")
    return shown
