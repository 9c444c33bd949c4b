"""Whether a disk, snapshot or image is encrypted with a customer-managed key that is valid."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from detectors.disk import guest_encryption
from detectors.disk.disks import STATE, machines, noun
from detectors.disk.encryption_sets import WATCHES, EncryptionSet
from detectors.disk.profiles import disks_in
from detectors.evidence import check_objects, evidence
from detectors.facets import Facet, weakest
from detectors.managed_groups import MANAGED_BY, owned
from drift import ids
from drift.arm.references import id_at, reference_at
from drift.arm.types import DISK, IMAGE, SNAPSHOT
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_ENCRYPTION: Final = "properties.encryption"
_TYPE: Final = f"{_ENCRYPTION}.type"
_SET: Final = f"{_ENCRYPTION}.diskEncryptionSetId"
_SECURITY: Final = "properties.securityProfile"
_SECURITY_TYPE: Final = f"{_SECURITY}.securityType"
_SECURE_SET: Final = f"{_SECURITY}.secureVMDiskEncryptionSetId"
_HELD: Final = "properties.storageProfile"
_HELD_SET: Final = "diskEncryptionSet"

_OURS: Final = {
    "encryptionatrestwithcustomerkey",
    "encryptionatrestwithplatformandcustomerkeys",
}
_THEIRS: Final = {MISSING, "encryptionatrestwithplatformkey"}

_CONFIDENTIAL_OURS: Final = "confidentialvm_diskencryptedwithcustomerkey"
_CONFIDENTIAL_THEIRS: Final = "confidentialvm_diskencryptedwithplatformkey"
_SECURITY_TYPES: Final = {
    MISSING,
    "standard",
    "trustedlaunch",
    _CONFIDENTIAL_OURS,
    _CONFIDENTIAL_THEIRS,
    "confidentialvm_vmgueststateonlyencryptedwithplatformkey",
    "confidentialvm_nonpersistedtpm",
}

_CUSTOMER_KEY: Final = "EncryptionAtRestWithCustomerKey"
_WANTED: Final = f"{_CUSTOMER_KEY} or EncryptionAtRestWithPlatformAndCustomerKeys"
_CHOSEN: Final = "<DISK_ENCRYPTION_SET_ID>"
_TO_A_NEW_DISK: Final = (
    "A disk that is or was encrypted inside its machine cannot take a customer-managed key: copy the "
    "data to a new disk with one, and delete this disk."
)
_PROPERTIES: Final = (
    *(STATE, _TYPE, _SET, _SECURITY_TYPE, _SECURE_SET),
    guest_encryption.SETTINGS,
)

CONTROL: Final = Control(
    id="DISK-CMK",
    title="Disk must use a customer-managed key",
    service="Compute",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.310(d)(1)"),
    why="Only a customer-managed key can be revoked, audited, and presented in a breach assessment; "
    "a copy of a disk holds the same data.",
    fix="az disk update --ids <id> --encryption-type EncryptionAtRestWithCustomerKey "
    "--disk-encryption-set <disk encryption set>",
    watches={
        DISK: _PROPERTIES,
        SNAPSHOT: _PROPERTIES,
        IMAGE: (_HELD,),
        ids.GROUP: (MANAGED_BY,),
        **WATCHES,
    },
    also_judges=(SNAPSHOT, IMAGE),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate who manages the key; for a customer-managed one also whether it is valid.

    Absent is the Microsoft-managed key: a disk is always encrypted.
    """
    if resource.type == IMAGE:
        return _image(resource, estate)
    if resource.word(STATE) == "readytoupload":
        reason = f"The {noun(resource)} is empty and waits for an upload."
        return Verdict(Outcome.NOT_APPLICABLE, reason)
    check_objects(resource, _ENCRYPTION, _SECURITY)
    sets = _sets(resource)
    if sets:
        return _living(sets, resource, estate)
    if guest_encryption.is_on(resource):
        return _in_the_guest(resource)
    if resource.word(_TYPE) not in _THEIRS:
        raise Unreadable(_TYPE, "not a known encryption")
    if resource.word(_SECURITY_TYPE) not in _SECURITY_TYPES:
        raise Unreadable(_SECURITY_TYPE, "not a known security type")
    return _platform_key(resource, estate)


def _sets(disk: Resource) -> list[EncryptionSet]:
    """Return the disk encryption sets in use, none for a Microsoft-managed key; there may be two."""
    at_rest = disk.word(_TYPE) in _OURS
    confidential = disk.word(_SECURITY_TYPE) == _CONFIDENTIAL_OURS
    if not at_rest and not confidential:
        return []
    named = {path: id_at(disk.body, path) for path in (_SET, _SECURE_SET)}
    for path, in_use in ((_SET, at_rest), (_SECURE_SET, confidential)):
        if in_use and not named[path]:
            raise Unreadable(path, "absent, although a customer-managed key is in use")
    return [EncryptionSet(path, set_id) for path, set_id in named.items() if set_id]


def _living(
    sets: Sequence[EncryptionSet], resource: Resource, estate: Estate, others: Sequence[Facet] = ()
) -> Verdict:
    facets = [facet for each in sets for facet in each.facets]
    return weakest(CONTROL, [*others, *facets], resource, estate)


def _in_the_guest(disk: Resource) -> Verdict:
    """Evaluate Azure Disk Encryption: without a key-encryption key, its key is only a secret."""
    bare = guest_encryption.unwrapped(disk)
    if not bare:
        return Verdict(
            Outcome.PASS,
            "Encrypted inside the machine, with a customer-managed key-encryption key. "
            f"{guest_encryption.RETIRES}",
            (evidence(disk, guest_encryption.ENABLED, "true"),),
        )
    return Verdict(
        Outcome.FAIL,
        "Encrypted inside the machine, but the disk's key is only a secret in the vault: no "
        f"customer-managed key-encryption key wraps it. {guest_encryption.RETIRES}",
        tuple(Evidence(path, None, "a customer-managed key") for path in bare),
        Severity.MEDIUM,
        Fix(note=_TO_A_NEW_DISK),
    )


def _platform_key(disk: Resource, estate: Estate) -> Verdict:
    attached = machines(disk)
    loose = " (unattached)" if disk.word(STATE) == "unattached" else ""
    where = f" of {attached}" if attached else loose
    return Verdict(
        Outcome.FAIL,
        f"The {noun(disk)}{where} uses a Microsoft-managed key; a customer-managed key is required.",
        (evidence(disk, _TYPE, _WANTED),),
        fix=owned(_fix(disk, attached), disk, estate),
    )


def _fix(disk: Resource, attached: str) -> Fix:
    if disk.get(guest_encryption.SETTINGS) is not MISSING:
        return Fix(note=_TO_A_NEW_DISK)
    if disk.word(_SECURITY_TYPE) == _CONFIDENTIAL_THEIRS:
        return Fix(
            note="The key of a confidential disk is fixed when its machine is created: recreate the "
            "machine with a customer-managed key."
        )
    note = "Put in the id of a disk encryption set of the same region and subscription."
    if attached:
        note += f" First deallocate {attached} (az vm deallocate); start it afterwards."
    steps = (SetProperty(disk.id, _TYPE, _CUSTOMER_KEY), SetProperty(disk.id, _SET, _CHOSEN))
    return Fix(steps, note)


def _image(image: Resource, estate: Estate) -> Verdict:
    """Evaluate each disk of an image: it has a disk encryption set, or a Microsoft-managed key."""
    disks = disks_in(image, _HELD)
    named = {
        f"{path}.{_HELD_SET}.id": reference_at(disk, _HELD_SET) for path, disk in disks.items()
    }
    sets = [EncryptionSet(path, set_id) for path, set_id in named.items() if set_id]
    bare = [path for path, set_id in named.items() if not set_id]
    return _living(sets, image, estate, [partial(_bare_image, bare)] if bare else [])


def _bare_image(bare: Sequence[str], image: Resource, _: Estate) -> Verdict:
    """Fail for the disks without a set; an event of an older api-version may not show their sets."""
    if not image.whole:
        raise Unreadable(bare[0], "not in the event's document")
    disks = "a disk" if len(bare) == 1 else f"{len(bare)} disks"
    return Verdict(
        Outcome.FAIL,
        f"The image holds {disks} with a Microsoft-managed key; a customer-managed key is required.",
        tuple(Evidence(path, None, "a disk encryption set") for path in bare),
        fix=Fix(
            note="An image cannot be changed: create a new one with a disk encryption set, and delete "
            "this one."
        ),
    )
