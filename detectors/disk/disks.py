"""How the disk controls name disks, and the machines that they are attached to."""

from typing import Final

from drift import ids
from drift.arm.types import DISK, SCALE_SET, SNAPSHOT
from drift.model import Resource

STATE: Final = "properties.diskState"

_NOUNS: Final = {DISK: "disk", SNAPSHOT: "snapshot"}


def noun(resource: Resource) -> str:
    """Return what a resource is: a disk or a snapshot."""
    return _NOUNS[resource.type]


def machines(disk: Resource) -> str:
    """Return the names of the machines a disk is attached to, "" for none; several share it."""
    holders = (disk.get("managedBy"), *_items(disk.get("managedByExtended")))
    names = dict.fromkeys(_named(each) for each in holders if isinstance(each, str))
    return ", ".join(names)


def _named(holder: str) -> str:
    """Return a machine's name; an instance of a scale set is named after it."""
    scale_set = next((each for each in ids.lineage(holder) if ids.type_of(each) == SCALE_SET), "")
    name = ids.name_of(holder)
    return f"{ids.name_of(scale_set)} instance {name}" if scale_set else name


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
