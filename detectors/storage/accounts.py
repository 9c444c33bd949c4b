"""What the storage controls share: which services an account has, and how evidence names things."""

from collections.abc import Callable, Mapping
from typing import Final

from drift import ids
from drift.errors import Unreadable
from drift.model import MISSING, Evidence, Resource

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
        raise Unreadable("kind", "absent" if kind is MISSING else "not a kind we know")
    tier = account.word("sku.name")
    if _SERVICES[kind] == _ALL and tier is not MISSING and tier.startswith("premium"):
        return ("blob",)
    return _SERVICES[kind]


def check_objects(account: Resource, *paths: str) -> None:
    """Raise Unreadable where one of these is shown and is no object: nothing in it is absent."""
    for path in paths:
        value = account.get(path)
        if value is not MISSING and not isinstance(value, Mapping):
            raise Unreadable(path, "not an object")


def listed(
    ask: Callable[[], tuple[Resource, ...]],
) -> tuple[tuple[Resource, ...], Unreadable | None]:
    """Return a collection, or what is known of it and why the rest is not."""
    try:
        return ask(), None
    except Unreadable as error:
        return error.partial, error


def evidence(
    resource: Resource, path: str, expected: str, *, of: Resource | None = None
) -> Evidence:
    """Return a property as evidence; of a thing around an account its path is ``<id>#<path>``."""
    value = resource.get(path)
    named = path if of is None else f"{relative(resource.id, of.id)}#{path}"
    return Evidence(named, None if value is MISSING else value, expected)


def relative(resource_id: str, owner_id: str) -> str:
    """Return an id as it reads below its owner, else by its last type and name."""
    if ids.key(resource_id).startswith(f"{ids.key(owner_id)}/"):
        return resource_id.rstrip("/")[len(owner_id.rstrip("/")) + 1 :]
    return "/".join(resource_id.rstrip("/").split("/")[-2:])
