"""How the disk controls name disks, and the machines that they are attached to."""

from typing import Final

from drift.arm.types import DISK, SNAPSHOT
from drift.ids import name_of
from drift.model import Resource

STATE: Final = "properties.diskState"

_NOUNS: Final = {DISK: "disk", SNAPSHOT: "snapshot"}


def noun(resource: Resource) -> str:
    """Return what a resource is: a disk or a snapshot."""
    return _NOUNS[resource.type]


def machines(disk: Resource) -> str:
    """Return the names of the machines a disk is attached to, "" for none; several share it."""
    holders = (disk.get("managedBy"), *_items(disk.get("managedByExtended")))
    names = dict.fromkeys(name_of(each) for each in holders if isinstance(each, str))
    return ", ".join(names)


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
