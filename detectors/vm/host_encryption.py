"""Whether a machine's temporary disk and caches are encrypted on its host.

https://learn.microsoft.com/azure/virtual-machines/disk-encryption
"""

from collections.abc import Mapping
from typing import Any, Final

from detectors.disk import guest_encryption
from detectors.evidence import check_objects, evidence
from detectors.managed_groups import MANAGED_BY, owned
from detectors.vm.machines import (
    MODEL,
    ORCHESTRATION,
    SIZES,
    STORAGE,
    disks_of,
    has_no_temporary_disk,
    has_temporary_disk,
    is_ephemeral,
    profile_of,
)
from drift import ids
from drift.arm.references import id_at
from drift.arm.types import DISK, MACHINE, SCALE_SET
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict, dig

_SECURITY: Final = "securityProfile"
_AT_HOST: Final = f"{_SECURITY}.encryptionAtHost"
_TYPE: Final = f"{_SECURITY}.securityType"
_CONFIDENTIAL: Final = f"{STORAGE}.osDisk.managedDisk.securityProfile.securityEncryptionType"
_EXTENSIONS: Final = "extensionProfile.extensions"

_CACHED: Final = ("readonly", "readwrite")

_OWN: Final = (_AT_HOST, _TYPE, STORAGE)

CONTROL: Final = Control(
    id="VM-HOST-ENCRYPTION",
    title="Machine must use encryption at host",
    service="Compute",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)",),
    why="Temporary disks and caches can hold PHI, and disk encryption does not cover them.",
    fix="az vm update --ids <id> --set securityProfile.encryptionAtHost=true",
    watches={
        MACHINE: (*(f"properties.{each}" for each in _OWN), SIZES[MACHINE]),
        SCALE_SET: (
            *(f"{MODEL}.{each}" for each in (*_OWN, _EXTENSIONS)),
            *(ORCHESTRATION, SIZES[SCALE_SET]),
        ),
        DISK: (guest_encryption.SETTINGS,),
        ids.GROUP: (MANAGED_BY,),
    },
    also_judges=(SCALE_SET,),
)

_PARTLY: Final = "Azure Disk Encryption on every disk, or true"
"""Encryption at host excludes Azure Disk Encryption, which some disks already have."""

_NOTES: Final = {
    MACHINE: "First deallocate the machine (az vm deallocate); start it afterwards. The subscription "
    "needs the feature Microsoft.Compute/EncryptionAtHost (az feature register), and the size must "
    "support it (az vm list-skus).",
    SCALE_SET: "New machines are encrypted at once, existing ones after they are deallocated "
    "and updated to the model (az vmss update-instances). The subscription needs the feature "
    "Microsoft.Compute/EncryptionAtHost (az feature register), and the size must support it.",
}


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Pass on an explicit true, or on an equivalent; absent is off, as ARM documents."""
    profile = profile_of(resource)
    if not profile:
        reason = "The scale set has no model; its machines are evaluated one by one."
        return Verdict(Outcome.NOT_APPLICABLE, reason)
    check_objects(resource, f"{profile}.{_SECURITY}")
    at_host = f"{profile}.{_AT_HOST}"
    if resource.flag(at_host):
        shown = (evidence(resource, at_host, "true"),)
        return Verdict(Outcome.PASS, "Encryption at host is on.", shown)
    if _is_confidential(resource, profile):
        return _beside_the_os_disk(resource, profile, estate)
    if resource.type == MACHINE:
        return _by_its_disks(resource, estate)
    _check_extensions(resource)
    return _off(resource, profile, estate)


def _is_confidential(resource: Resource, profile: str) -> bool:
    """Tell whether a machine is a confidential VM whose OS disk is encrypted."""
    kind = resource.word(f"{profile}.{_TYPE}")
    if kind not in {MISSING, "standard", "trustedlaunch", "confidentialvm"}:
        raise Unreadable(f"{profile}.{_TYPE}", "not a known security type")
    if kind != "confidentialvm":
        return False
    encrypted = resource.word(f"{profile}.{_CONFIDENTIAL}")
    if encrypted not in {"diskwithvmgueststate", "vmgueststateonly", "nonpersistedtpm"}:
        raise Unreadable(f"{profile}.{_CONFIDENTIAL}", "absent, or not a known encryption")
    return encrypted == "diskwithvmgueststate"


def _beside_the_os_disk(resource: Resource, profile: str, estate: Estate) -> Verdict:
    """Evaluate what confidential encryption of the OS disk does not cover: the temporary disk, other caches.

    https://learn.microsoft.com/azure/confidential-computing/confidential-vm-overview
    """
    shown = evidence(resource, f"{profile}.{_CONFIDENTIAL}", "")
    data = list(disks_of(resource, profile).items())[1:]
    caching = {f"{path}.caching": str(dig(disk, "caching")).lower() for path, disk in data}
    cached = [path for path, kind in caching.items() if kind in _CACHED]
    temporary = has_temporary_disk(resource)
    if temporary or cached:
        left = [
            *(["the temporary disk"] if temporary else []),
            *(["the caches of data disks"] if cached else []),
        ]
        return Verdict(
            Outcome.FAIL,
            "Encryption at host is off, and confidential encryption covers the OS disk alone, not "
            f"{' and '.join(left)}.",
            (evidence(resource, f"{profile}.{_AT_HOST}", "true"), shown),
            fix=owned(_fix(resource, profile, partly=False), resource, estate),
        )
    for path, kind in caching.items():
        if kind != "none":
            raise Unreadable(path, "absent, or not a known caching")
    if temporary is None:
        raise Unreadable(SIZES[resource.type], "it does not tell whether there is a temporary disk")
    return Verdict(
        Outcome.PASS,
        "The machine is a confidential VM with an encrypted OS disk; it has no temporary disk, and no "
        "data disk has a cache.",
        (shown,),
    )


def _check_extensions(scale_set: Resource) -> None:
    """Raise Unreadable where Azure Disk Encryption is installed: only disks prove its effect."""
    path = f"{MODEL}.{_EXTENSIONS}"
    for each in scale_set.items(path):
        if str(dig(each, "properties.type")).lower().startswith("azurediskencryption"):
            raise Unreadable(
                path, "the scale set does not show whether Azure Disk Encryption covers every disk"
            )


def _by_its_disks(machine: Resource, estate: Estate) -> Verdict:
    """Evaluate the disks: if each is encrypted inside the machine, all its data is encrypted."""
    inside: list[Evidence] = []
    doubt: Unreadable | None = None
    for path, disk in disks_of(machine, "properties").items():
        try:
            shown = _inside(machine, path, disk, estate)
        except Unreadable as error:
            doubt = doubt or error
            continue
        if not shown:
            return _off(machine, "properties", estate, partly=bool(inside))
        inside.append(shown)
    if doubt:
        raise doubt
    reason = f"Each disk is encrypted inside the machine. {guest_encryption.RETIRES}"
    return Verdict(Outcome.PASS, reason, tuple(inside))


def _inside(
    machine: Resource, path: str, disk: Mapping[str, Any], estate: Estate
) -> Evidence | None:
    """Return the evidence that a disk is encrypted inside its machine, None where it is not."""
    if is_ephemeral(disk):
        return None
    disk_id = id_at(disk, "managedDisk.id")
    if not disk_id:
        is_blob = dig(disk, "vhd") is not MISSING
        why = "unmanaged" if is_blob else "it shows no managed disk"
        raise Unreadable(path, f"{why}, so its encryption is not visible")
    found = estate.get(disk_id)
    if found is None:
        raise Unreadable(disk_id, "it does not exist")
    if not guest_encryption.is_on(found):
        return None
    return evidence(found, guest_encryption.ENABLED, "true", of=machine)


def _off(resource: Resource, profile: str, estate: Estate, *, partly: bool = False) -> Verdict:
    bare = _leaves_nothing(resource, profile)
    left = (
        "Data in transit between the machine and its disks is not encrypted; the machine has no "
        "temporary disk and no cache."
        if bare
        else "The temporary disk and the caches are not encrypted on the host."
    )
    return Verdict(
        Outcome.FAIL,
        f"Encryption at host is off. {left}",
        (evidence(resource, f"{profile}.{_AT_HOST}", _PARTLY if partly else "true"),),
        Severity.LOW if bare else None,
        owned(_fix(resource, profile, partly=partly), resource, estate),
    )


def _leaves_nothing(resource: Resource, profile: str) -> bool:
    """Tell whether the host is known to store no data of the machine; a doubt does not lower the severity."""
    if not has_no_temporary_disk(resource):
        return False
    try:
        disks = disks_of(resource, profile).values()
    except Unreadable:
        return False
    return all(
        str(dig(each, "caching")).lower() == "none" and not is_ephemeral(each) for each in disks
    )


def _fix(resource: Resource, profile: str, *, partly: bool) -> Fix:
    """Turn it on; without a security profile set the whole profile, since az needs a parent."""
    if partly:
        return Fix(
            note="Azure Disk Encryption is on for some disks and excludes encryption at host: "
            "encrypt the other disks too, or recreate the machine from disks without it."
        )
    if resource.get(f"{profile}.{_SECURITY}") is MISSING:
        whole = SetProperty(resource.id, f"{profile}.{_SECURITY}", {"encryptionAtHost": True})
        return Fix((whole,), _NOTES[resource.type])
    return Fix((SetProperty(resource.id, f"{profile}.{_AT_HOST}", True),), _NOTES[resource.type])
