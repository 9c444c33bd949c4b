"""Whether every disk of a machine is a managed disk."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from detectors.vm.machines import STORAGE, disks_of, is_ephemeral
from drift.arm.types import MACHINE
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PostAction
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict, dig

_MANAGED: Final = "managedDisk"
_BLOB: Final = "vhd"

CONTROL: Final = Control(
    id="VM-UNMANAGED-DISK",
    title="Machine must use managed disks only",
    service="Compute",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.310(d)(1)"),
    why="An unmanaged disk is a blob: anyone with the key of the storage account can read it, and the "
    "storage firewall does not apply to machine traffic.",
    fix="az vm convert --ids <id>",
    watches={MACHINE: (f"properties.{STORAGE}",)},
)


def evaluate(resource: Resource, _: Estate) -> Verdict:
    """Fail on a disk that shows a blob and no managed disk; a disk that shows neither is unknown."""
    disks = disks_of(resource, "properties")
    blobs = [path for path, each in disks.items() if _lies_in_a_blob(each)]
    if blobs:
        return _unmanaged(resource, {path: disks[path] for path in blobs})
    for path, each in disks.items():
        if not is_ephemeral(each) and not isinstance(dig(each, _MANAGED), Mapping):
            raise Unreadable(path, "neither a managed disk nor a blob")
    return Verdict(Outcome.PASS, "Every disk is a managed disk.")


def _lies_in_a_blob(disk: Mapping[str, Any]) -> bool:
    return dig(disk, f"{_BLOB}.uri") is not MISSING and dig(disk, _MANAGED) is MISSING


def _unmanaged(machine: Resource, disks: Mapping[str, Mapping[str, Any]]) -> Verdict:
    what = "A disk is" if len(disks) == 1 else f"{len(disks)} disks are"
    return Verdict(
        Outcome.FAIL,
        f"{what} unmanaged; only the storage account protects the data.",
        tuple(_shown(path, each) for path, each in disks.items()),
        fix=Fix(
            (PostAction(machine.id, "convertToManagedDisks"),),
            "First deallocate the machine (az vm deallocate); start it afterwards. The blobs "
            "remain: delete them once the machine works.",
        ),
    )


def _shown(path: str, disk: Mapping[str, Any]) -> Evidence:
    """Return the storage account's address as evidence; a blob's name may say too much."""
    try:
        host = urlsplit(str(dig(disk, f"{_BLOB}.uri"))).hostname
    except ValueError:
        host = None
    return Evidence(f"{path}.{_BLOB}.uri", host or "an address", "absent (a managed disk instead)")
