"""Azure Disk Encryption: what a disk shows of the encryption inside its machine.

It is told by the disk and not by the machine's extension, which proves nothing of each disk, and
whose removal leaves a disk encrypted. It retires on 15 September 2028:
https://learn.microsoft.com/azure/virtual-machines/disk-encryption-overview
"""

from collections.abc import Mapping
from typing import Any, Final

from detectors.facts import check_objects
from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig

SETTINGS: Final = "properties.encryptionSettingsCollection"
ENABLED: Final = f"{SETTINGS}.enabled"
_KEYS: Final = f"{SETTINGS}.encryptionSettings"

RETIRES: Final = (
    "Azure Disk Encryption retires on 15 September 2028, and what still has it then does not "
    "unlock after a restart"
)


def is_on(disk: Resource) -> bool:
    """Tell whether a disk is encrypted inside its machine; without the collection it is not."""
    check_objects(disk, SETTINGS)
    on = disk.flag(ENABLED)
    if on is MISSING and disk.get(SETTINGS) is not MISSING:
        raise Unreadable(ENABLED, "absent")
    return bool(on)


def unwrapped(disk: Resource) -> tuple[str, ...]:
    """Return where a key-encryption key is missing: that key is optional in each element."""
    keys = disk.items(_KEYS)
    if not keys:
        raise Unreadable(_KEYS, "absent")
    paths = {f"{_KEYS}[{at}].keyEncryptionKey": each for at, each in enumerate(keys)}
    return tuple(path for path, each in paths.items() if not _is_wrapped(each, path))


def _is_wrapped(settings: Any, path: str) -> bool:
    if not isinstance(settings, Mapping):
        raise Unreadable(_KEYS, "one of them is not an object")
    key = dig(settings, "keyEncryptionKey")
    if key is MISSING:
        return False
    url = dig(key, "keyUrl")
    if not isinstance(url, str) or not url:
        raise Unreadable(path, "it names no key")
    return True
