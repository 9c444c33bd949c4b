"""Azure Disk Encryption: what a disk shows of the encryption inside its machine.

The disk decides, not the machine's extension: the extension proves nothing about each disk, and
removing it leaves a disk encrypted. It retires on 15 September 2028:
https://learn.microsoft.com/azure/virtual-machines/disk-encryption-overview
"""

from collections.abc import Mapping
from typing import Any, Final

from detectors.evidence import check_objects
from detectors.keys.key_uri import key_at
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig

SETTINGS: Final = "properties.encryptionSettingsCollection"
ENABLED: Final = f"{SETTINGS}.enabled"
_KEYS: Final = f"{SETTINGS}.encryptionSettings"

RETIRES: Final = (
    "Azure Disk Encryption retires on 15 September 2028; disks that still use it then do not unlock "
    "after a restart."
)


def is_on(disk: Resource) -> bool:
    """Tell whether a disk is encrypted inside its machine; without the collection it is not."""
    check_objects(disk, SETTINGS)
    on = disk.flag(ENABLED)
    if on is MISSING and disk.get(SETTINGS) is not MISSING:
        raise Unreadable(ENABLED, "absent")
    return bool(on)


def unwrapped(disk: Resource) -> tuple[str, ...]:
    """Return where a key-encryption key is missing: that key is optional in each element.

    Raise Unreadable if none is missing but one is not the address of a key.
    """
    keys = disk.items(_KEYS)
    if not keys:
        raise Unreadable(_KEYS, "absent")
    bare, doubt = [], None
    for at, each in enumerate(keys):
        path = f"{_KEYS}[{at}].keyEncryptionKey"
        try:
            bare += [] if _is_wrapped(each, path) else [path]
        except Unreadable as error:
            doubt = error
    if doubt and not bare:
        raise doubt
    return tuple(bare)


def _is_wrapped(settings: Any, path: str) -> bool:
    if not isinstance(settings, Mapping):
        raise Unreadable(_KEYS, "one of them is not an object")
    key = dig(settings, "keyEncryptionKey")
    if key is MISSING:
        return False
    key_at(dig(key, "keyUrl"), f"{path}.keyUrl")
    return True
