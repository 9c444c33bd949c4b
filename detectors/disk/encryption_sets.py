"""The disk encryption set behind a disk's key: that it is there, and that its key is alive.

Within an hour of a key being disabled, deleted or expired reads and writes fail, and the machines
shut down. https://learn.microsoft.com/azure/virtual-machines/disk-encryption
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from detectors.evidence import check_objects, evidence
from detectors.facets import Facet
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
_ROTATES: Final = "properties.rotationToLatestKeyVersionEnabled"
_ERROR: Final = "properties.autoKeyRotationError"

_ENABLED: Final = "properties.attributes.enabled"
_EXPIRES: Final = "properties.attributes.exp"

_VAULTS: Final = "microsoft.keyvault/vaults"
_HSMS: Final = "microsoft.keyvault/managedhsms"

WATCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft.compute/diskencryptionsets": (_ACTIVE, _ROTATES, _ERROR),
    _VAULTS: ("name",),
    _HSMS: ("name",),
    f"{_VAULTS}/keys/versions": (_ENABLED, _EXPIRES),
    f"{_HSMS}/keys/versions": (_ENABLED, _EXPIRES),
}
"""What a verdict on a disk rests on beside the disk."""

_OFFLINE: Final = "within the hour what it encrypts can no longer be read or written"


@dataclass(frozen=True, slots=True)
class EncryptionSet:
    """A set that a disk names, and the property that names it."""

    path: str
    id: str

    @property
    def facets(self) -> tuple[Facet, ...]:
        """Return what must hold of the set for the disk to be encrypted with a living key."""
        return (self._set, self._key)

    def _set(self, disk: Resource, estate: Estate) -> Verdict:
        found = estate.get(self.id)
        if found is None:
            note = "Make it again with the key it had, or give what it encrypted another set."
            shown = Evidence(self.path, self.id, "a set that exists")
            return _dead(f"disk encryption set {name_of(self.id)} is gone", shown, note)
        check_objects(found, _ERROR)
        if found.get(_ERROR) in (MISSING, {}):
            return Verdict(
                Outcome.PASS,
                f"the key is ours, from disk encryption set {found.name}, {_rotation(found)}",
                (Evidence(self.path, self.id, "a set of ours"),),
            )
        code = found.get(f"{_ERROR}.code") or "no code is shown"
        return Verdict(
            Outcome.FAIL,
            f"disk encryption set {found.name} cannot take the new version of its key ({code})",
            (evidence(found, f"{_ERROR}.code", "none", of=disk),),
            fix=Fix(
                note=f"Let the identity of {found.name} use the key again (role Key Vault Crypto "
                "Service Encryption User); until then the old version must not be disabled."
            ),
        )

    def _key(self, disk: Resource, estate: Estate) -> Verdict:
        """Judge the version of the key that is in use, where the set says in which vault it is.

        It may not say so of a vault in another subscription; what Azure reports of the set counts.
        """
        found = estate.get(self.id)
        if found is None:
            return Verdict(Outcome.NOT_APPLICABLE, "there is no set")
        check_objects(found, _ACTIVE)
        named = _key_of(found)
        vault_id = reference_at(found.body, _VAULT)
        if not vault_id:
            told = f"whether key {named.name} is alive is not seen, since its vault is not named"
            return Verdict(Outcome.PASS, told)
        if estate.get(vault_id) is None:
            note = "Recover the vault (az keyvault recover) before its retention ends."
            shown = evidence(found, f"{_VAULT}.id", "a vault that exists", of=disk)
            return _dead(f"key vault {name_of(vault_id)} is gone", shown, note)
        key = estate.get(f"{vault_id}/keys/{named.name}/versions/{named.version}")
        if key is None:
            note = "Recover the key (az keyvault key recover) before its retention ends."
            shown = evidence(found, _URL, "a key that exists", of=disk)
            return _dead(f"key {named.name} is gone", shown, note)
        return _alive(named.name, key, estate)


def _rotation(encryption_set: Resource) -> str:
    rotates = str(encryption_set.get(_ROTATES)).lower() in {"true", "1"}
    return "and rotates" if rotates else "at one pinned version, which does not rotate by itself"


def _key_of(encryption_set: Resource) -> Key:
    """Return the key that is in use: a set names the version too, also where it rotates."""
    key = key_at(encryption_set.get(_URL), _URL)
    if not key.version:
        raise Unreadable(_URL, "not the address of a key's version")
    return key


def _alive(name: str, key: Resource, estate: Estate) -> Verdict:
    enabled, expires = key.flag(_ENABLED), _expiry(key)
    on = Evidence(f"keys/{name}#{_ENABLED}", bool(enabled), "true")
    ends = Evidence(f"keys/{name}#{_EXPIRES}", key.get(_EXPIRES) or None, "in the future")
    if enabled is False:
        note = "Enable it again (az keyvault key set-attributes --enabled true)."
        return _dead(f"key {name} is disabled", on, note)
    if expires and expires <= estate.now:
        note = (
            "Make a new version (az keyvault key rotate), and name it in the disk encryption set "
            "if that does not take new versions by itself."
        )
        return _dead(f"key {name} expired on {expires:%Y-%m-%d}", ends, note)
    if enabled is MISSING:
        raise Unreadable(_ENABLED, "absent")
    return Verdict(Outcome.PASS, f"key {name} is alive", (on, ends))


def _expiry(key: Resource) -> datetime | None:
    """Return when a key expires; absent means never."""
    seconds = key.number(_EXPIRES)
    try:
        return None if seconds is MISSING else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Unreadable(_EXPIRES, "not a time") from None


def _dead(what: str, shown: Evidence, note: str) -> Verdict:
    """Return the failure of a key that is not there; no property of the disk brings it back."""
    reason = f"{what}: {_OFFLINE}"
    return Verdict(Outcome.FAIL, reason, (shown,), Severity.CRITICAL, Fix(note=note))
