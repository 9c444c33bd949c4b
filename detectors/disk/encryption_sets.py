"""The disk encryption set of a disk: whether it exists, and whether its key is valid.

Within an hour after a key is disabled, deleted or expired, reads and writes fail and machines
shut down. https://learn.microsoft.com/azure/virtual-machines/disk-encryption
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from detectors.evidence import check_objects, evidence
from detectors.facets import Facet
from detectors.keys import vaults
from detectors.keys.key_uri import Key, key_at
from drift.arm.references import reference_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix
from drift.ids import name_of
from drift.model import MISSING, Evidence, Outcome, Resource, Severity, Verdict

_ACTIVE: Final = "properties.activeKey"
_URL: Final = f"{_ACTIVE}.keyUrl"
_VAULT: Final = f"{_ACTIVE}.sourceVault"
_FEDERATED: Final = "properties.federatedClientId"
_ROTATES: Final = "properties.rotationToLatestKeyVersionEnabled"
_ERROR: Final = "properties.autoKeyRotationError"

_ENABLED: Final = "properties.attributes.enabled"
_EXPIRES: Final = "properties.attributes.exp"

_VAULTS: Final = "microsoft.keyvault/vaults"
_HSMS: Final = "microsoft.keyvault/managedhsms"

WATCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft.compute/diskencryptionsets": (_ACTIVE, _ROTATES, _ERROR, _FEDERATED),
    _VAULTS: ("name",),
    _HSMS: ("name",),
    f"{_VAULTS}/keys/versions": (_ENABLED, _EXPIRES),
    f"{_HSMS}/keys/versions": (_ENABLED, _EXPIRES),
}
"""Conditions besides the disk on which the result depends."""

_OFFLINE: Final = "Within an hour, reads and writes of the encrypted data fail."


@dataclass(frozen=True, slots=True)
class EncryptionSet:
    """A set that a disk references, and the property that references it."""

    path: str
    id: str

    @property
    def facets(self) -> tuple[Facet, ...]:
        """Return the conditions on the set for the disk to be encrypted with a valid key."""
        return (self._set, self._key)

    def _set(self, disk: Resource, estate: Estate) -> Verdict:
        found = estate.get(self.id)
        if found is None:
            note = "Recreate the set with the same key, or assign another set to its disks."
            shown = Evidence(self.path, self.id, "a set that exists")
            return _dead(f"Disk encryption set {name_of(self.id)} does not exist", shown, note)
        check_objects(found, _ERROR)
        if found.get(_ERROR) in (MISSING, {}):
            return Verdict(
                Outcome.PASS,
                f"Uses a customer-managed key from disk encryption set {found.name}. {_rotation(found)}",
                (Evidence(self.path, self.id, "a disk encryption set"),),
            )
        code = found.get(f"{_ERROR}.code") or "no code is shown"
        return Verdict(
            Outcome.FAIL,
            f"Disk encryption set {found.name} cannot use the new version of its key ({code}).",
            (evidence(found, f"{_ERROR}.code", "absent", of=disk),),
            fix=Fix(
                note=f"Give the identity of {found.name} access to the key again (role Key Vault Crypto "
                "Service Encryption User). Do not disable the old version before that."
            ),
        )

    def _key(self, disk: Resource, estate: Estate) -> Verdict:
        """Evaluate the key version in use; a set may not show the vault of another subscription.

        If the key is in another tenant, or its vault is not found, the result is unknown, as for
        storage.
        """
        found = estate.get(self.id)
        if found is None:
            return Verdict(Outcome.NOT_APPLICABLE, "There is no disk encryption set.")
        check_objects(found, _ACTIVE)
        if found.word(_FEDERATED) not in {MISSING, "", "none"}:
            raise Unreadable(f"{found.id}#{_FEDERATED}", "the key vault is in another tenant")
        named = _key_of(found)
        vault_id = reference_at(found, _VAULT) or vaults.id_of(named.holder, found, estate)
        if estate.get(vault_id) is None:
            note = "Recover the vault (az keyvault recover) before its retention ends."
            shown = evidence(found, f"{_VAULT}.id", "a vault that exists", of=disk)
            return _dead(f"Key vault {name_of(vault_id)} does not exist", shown, note)
        key = estate.get(f"{vault_id}/keys/{named.name}/versions/{named.version}")
        if key is None:
            note = "Recover the key (az keyvault key recover) before its retention ends."
            shown = evidence(found, _URL, "a key that exists", of=disk)
            return _dead(f"Key {named.name} does not exist", shown, note)
        return _alive(named.name, key, estate)


def _rotation(encryption_set: Resource) -> str:
    rotates = str(encryption_set.get(_ROTATES)).lower() in {"true", "1"}
    return "It rotates." if rotates else "It is pinned to one version and does not rotate."


def _key_of(encryption_set: Resource) -> Key:
    """Return the key in use: a set names the version, also where it rotates."""
    key = key_at(encryption_set.get(_URL), _URL)
    if not key.version:
        raise Unreadable(_URL, "not the address of a key version")
    return key


def _alive(name: str, key: Resource, estate: Estate) -> Verdict:
    enabled, expires = key.flag(_ENABLED), _expiry(key)
    on = Evidence(f"keys/{name}#{_ENABLED}", bool(enabled), "true")
    ends = Evidence(
        f"keys/{name}#{_EXPIRES}", key.get(_EXPIRES) or None, "in the future, or absent"
    )
    if enabled is False:
        note = "Enable the key (az keyvault key set-attributes --enabled true)."
        return _dead(f"Key {name} is disabled", on, note)
    if expires and expires <= estate.now:
        note = (
            "Create a new version (az keyvault key rotate), and set it in the disk encryption set "
            "unless the set rotates by itself."
        )
        return _dead(f"Key {name} expired on {expires:%Y-%m-%d}", ends, note)
    if enabled is MISSING:
        raise Unreadable(_ENABLED, "absent")
    return Verdict(Outcome.PASS, f"Key {name} is enabled and has not expired.", (on, ends))


def _expiry(key: Resource) -> datetime | None:
    """Return when a key expires; absent means never."""
    seconds = key.number(_EXPIRES)
    try:
        return None if seconds is MISSING else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Unreadable(_EXPIRES, "not a time") from None


def _dead(what: str, shown: Evidence, note: str) -> Verdict:
    """Return the failure of an unusable key; no change of the disk repairs it."""
    reason = f"{what}. {_OFFLINE}"
    return Verdict(Outcome.FAIL, reason, (shown,), Severity.CRITICAL, Fix(note=note))
