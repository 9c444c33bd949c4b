"""Common code of the storage controls: which services an account has."""

from typing import Final

from drift.errors import Unreadable
from drift.model import MISSING, Resource

ACCOUNT: Final = "microsoft.storage/storageaccounts"

_ALL: Final = ("blob", "file", "queue", "table")
_SERVICES: Final = {
    "storagev2": _ALL,
    "storage": _ALL,
    "blobstorage": ("blob",),
    "blockblobstorage": ("blob",),
    "filestorage": ("file",),
}


def services(account: Resource) -> tuple[str, ...]:
    """Return the services an account has by its kind and tier; raise Unreadable on an unknown kind.

    A general-purpose account on premium disks holds page blobs and nothing else.
    https://learn.microsoft.com/azure/storage/common/storage-account-overview
    """
    kind = account.word("kind")
    if kind is MISSING or kind not in _SERVICES:
        raise Unreadable("kind", "absent" if kind is MISSING else "not a known kind")
    tier = account.word("sku.name")
    if _SERVICES[kind] == _ALL and tier is not MISSING and tier.startswith("premium"):
        return ("blob",)
    return _SERVICES[kind]
