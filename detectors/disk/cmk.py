"""A disk, and every copy made of it, is encrypted with the customer's own, living key."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from detectors.disk import guest_encryption
from detectors.disk.disks import STATE, machines, noun
from detectors.disk.encryption_sets import WATCHES, EncryptionSet
from detectors.disk.profiles import disks_in
from detectors.evidence import check_objects, evidence
from detectors.facets import Facet, weakest
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
_CHOSEN: Final = "<DISK_ENCRYPTION_SET_ID>"
_TO_A_NEW_DISK: Final = (
    "What is or was encrypted inside its machine cannot be given a key here: copy the data to a new "
    "disk with a customer-managed key, and delete this one."
)
_PROPERTIES: Final = (
    *(STATE, _TYPE, _SET, _SECURITY_TYPE, _SECURE_SET),
    guest_encryption.SETTINGS,
)

CONTROL: Final = Control(
    id="DISK-CMK",
    title="Disk is encrypted with a customer-managed key",
    service="Compute",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(a)(2)(iv)", "164.310(d)(1)"),
    why="Only a key of one's own can be withdrawn, audited, and shown in a breach assessment; "
    "and a copy of a disk holds what the disk held.",
    fix="az disk update --ids <id> --encryption-type EncryptionAtRestWithCustomerKey "
    "--disk-encryption-set <disk encryption set>",
    watches={DISK: _PROPERTIES, SNAPSHOT: _PROPERTIES, IMAGE: (_HELD,), **WATCHES},
    also_judges=(SNAPSHOT, IMAGE),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge whose key it is, of three that a disk may have; where it is ours, whether it lives.

    Absent is Microsoft's key: a disk is always encrypted.
    """
    if resource.type == IMAGE:
        return _image(resource, estate)
    if resource.word(STATE) == "readytoupload":
        reason = f"the {noun(resource)} still waits for its data"
        return Verdict(Outcome.NOT_APPLICABLE, reason)
    check_objects(resource, _ENCRYPTION, _SECURITY)
    sets = _sets(resource)
    if sets:
        return _living(sets, resource, estate)
    if guest_encryption.is_on(resource):
        return _in_the_guest(resource)
    if resource.word(_TYPE) not in _THEIRS:
        raise Unreadable(_TYPE, "not an encryption we know")
    if resource.word(_SECURITY_TYPE) not in _SECURITY_TYPES:
        raise Unreadable(_SECURITY_TYPE, "not a security type we know")
    return _platform_key(resource)


def _sets(disk: Resource) -> list[EncryptionSet]:
    """Return the sets that keys of ours come from, none for Microsoft's; a disk may use two."""
    at_rest = disk.word(_TYPE) in _OURS
    confidential = disk.word(_SECURITY_TYPE) == _CONFIDENTIAL_OURS
    if not at_rest and not confidential:
        return []
    named = {path: id_at(disk.body, path) for path in (_SET, _SECURE_SET)}
    for path, in_use in ((_SET, at_rest), (_SECURE_SET, confidential)):
        if in_use and not named[path]:
            raise Unreadable(path, "absent, although a key of ours is in use")
    return [EncryptionSet(path, set_id) for path, set_id in named.items() if set_id]


def _living(
    sets: Sequence[EncryptionSet], resource: Resource, estate: Estate, others: Sequence[Facet] = ()
) -> Verdict:
    facets = [facet for each in sets for facet in each.facets]
    return weakest(CONTROL, [*others, *facets], resource, estate)


def _in_the_guest(disk: Resource) -> Verdict:
    """Judge Azure Disk Encryption: unless a key of ours wraps it, its key is a mere secret."""
    bare = guest_encryption.unwrapped(disk)
    if not bare:
        return Verdict(
            Outcome.PASS,
            "encrypted inside the machine, with a key-encryption key of ours; "
            f"{guest_encryption.RETIRES}",
            (evidence(disk, guest_encryption.ENABLED, "true"),),
        )
    return Verdict(
        Outcome.FAIL,
        "encrypted inside the machine, but no key of ours wraps the disk's key, which lies in the "
        f"vault as a secret; {guest_encryption.RETIRES}",
        tuple(Evidence(path, None, "a key of ours") for path in bare),
        Severity.MEDIUM,
        Fix(note=_TO_A_NEW_DISK),
    )


def _platform_key(disk: Resource) -> Verdict:
    attached = machines(disk)
    loose = ", attached to nothing," if disk.word(STATE) == "unattached" else ""
    where = f" of {attached}" if attached else loose
    return Verdict(
        Outcome.FAIL,
        f"the {noun(disk)}{where} is encrypted with Microsoft's key, not with one of ours",
        (evidence(disk, _TYPE, _CUSTOMER_KEY),),
        fix=_fix(disk, attached),
    )


def _fix(disk: Resource, attached: str) -> Fix:
    if disk.get(guest_encryption.SETTINGS) is not MISSING:
        return Fix(note=_TO_A_NEW_DISK)
    if disk.word(_SECURITY_TYPE) == _CONFIDENTIAL_THEIRS:
        return Fix(
            note="The key of a confidential disk is chosen when its machine is made: make the "
            "machine anew with a customer-managed key."
        )
    note = "Put in a disk encryption set of the same region and subscription."
    if attached:
        note += f" First deallocate {attached} (az vm deallocate); start it after."
    steps = (SetProperty(disk.id, _TYPE, _CUSTOMER_KEY), SetProperty(disk.id, _SET, _CHOSEN))
    return Fix(steps, note)


def _image(image: Resource, estate: Estate) -> Verdict:
    """Judge each disk that an image holds: it has a set of ours, or Microsoft's key."""
    disks = disks_in(image, _HELD)
    named = {
        f"{path}.{_HELD_SET}.id": reference_at(disk, _HELD_SET) for path, disk in disks.items()
    }
    sets = [EncryptionSet(path, set_id) for path, set_id in named.items() if set_id]
    bare = [path for path, set_id in named.items() if not set_id]
    return _living(sets, image, estate, [partial(_bare_image, bare)] if bare else [])


def _bare_image(bare: Sequence[str], _: Resource, __: Estate) -> Verdict:
    disks = "a disk" if len(bare) == 1 else f"{len(bare)} disks"
    return Verdict(
        Outcome.FAIL,
        f"the image holds {disks} encrypted with Microsoft's key, not with one of ours",
        tuple(Evidence(path, None, "a disk encryption set") for path in bare),
        fix=Fix(
            note="An image cannot be changed: make it anew with a disk encryption set, and delete "
            "this one."
        ),
    )
