"""The Azure roles that can grant access, change everything, or read PHI."""

import re
from collections.abc import Iterable
from typing import Any, Final

from drift import ids
from drift.arm.references import items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Resource

ROLES: Final = "microsoft.authorization/roledefinitions"
PERMISSIONS: Final = "properties.permissions"
_NAME: Final = "properties.roleName"

OWNER: Final = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

ASSIGNING: Final = {
    OWNER: "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
"""Built-in roles that may assign roles. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""

_PRIVILEGED: Final = {
    **ASSIGNING,
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "c12c1c16-33a1-487b-954d-41c89c60f349": "Reader and Data Access",
    "81a9662b-bebf-436f-a333-f67b29880f12": "Storage Account Key Operator Service Role",
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": "Storage Blob Delegator",
    "959f8984-c045-4866-89c7-12bf9737be2e": "Data Operator for Managed Disks",
    "1c0163c0-47e6-4577-8991-ea5c82e286e4": "Virtual Machine Administrator Login",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": "Key Vault Crypto Officer",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
}

_HARMLESS: Final = frozenset({"acdd72a7-3385-48ef-bd42-f606fba81ae7"})
"""The built-in role Reader, which most subscriptions have assigned: its definition is not read."""

_ACTIONS: Final = (
    "microsoft.authorization/roleassignments/write",
    "microsoft.authorization/roledefinitions/write",
    "microsoft.authorization/roleassignmentschedulerequests/write",
    "microsoft.authorization/roleeligibilityschedulerequests/write",
    "microsoft.storage/storageaccounts/listkeys/action",
    "microsoft.storage/storageaccounts/listaccountsas/action",
    "microsoft.storage/storageaccounts/blobservices/generateuserdelegationkey/action",
    "microsoft.keyvault/vaults/write",
    "microsoft.keyvault/vaults/accesspolicies/write",
    "microsoft.compute/disks/begingetaccess/action",
    "microsoft.compute/snapshots/begingetaccess/action",
    "microsoft.compute/virtualmachines/runcommand/action",
    "microsoft.sql/servers/administrators/write",
    "microsoft.documentdb/databaseaccounts/listkeys/action",
)
_BLOBS: Final = "microsoft.storage/storageaccounts/blobservices/containers/blobs"
_DATA: Final = (
    *(f"{_BLOBS}/{each}" for each in ("read", "write", "delete")),
    f"{_BLOBS}/runassuperuser/action",
    "microsoft.storage/storageaccounts/fileservices/fileshares/files/read",
    "microsoft.keyvault/vaults/secrets/getsecret/action",
    "microsoft.keyvault/vaults/keys/decrypt/action",
    "microsoft.keyvault/vaults/keys/unwrap/action",
    *(
        f"microsoft.healthcareapis/{each}"
        for each in (
            "services/fhir/resources/read",
            "services/fhir/resources/export/action",
            "workspaces/fhirservices/resources/read",
            "workspaces/fhirservices/resources/export/action",
            "workspaces/dicomservices/resources/read",
        )
    ),
)


def privileged_name(role_id: str, estate: Estate) -> str:
    """Return the name of a role that is privileged, "" of another; raise Unreadable.

    A role that is not in the table is privileged if its actions begin with a wildcard (except
    reads), if it may assign roles, or if it may read or change blobs or read secrets.
    """
    guid = ids.name_of(role_id).lower()
    if guid in _PRIVILEGED or guid in _HARMLESS:
        return _PRIVILEGED.get(guid, "")
    role = estate.get(role_id)
    if role is None:
        raise Unreadable(role_id, "it does not exist")
    return role.derived(_privileged)


def _privileged(role: Resource) -> str:
    permissions = items_at(role, PERMISSIONS)
    if not permissions:
        raise Unreadable(f"{role.id}#{PERMISSIONS}", "absent")
    if not any(_is_privileged(each) for each in permissions):
        return ""
    name = role.get(_NAME)
    return name if isinstance(name, str) else role.name


def _is_privileged(permission: Any) -> bool:
    actions, refused = (_patterns(permission, each) for each in ("actions", "notActions"))
    if any(each.startswith("*") and each != "*/read" for each in actions):
        return True
    data, no_data = (_patterns(permission, each) for each in ("dataActions", "notDataActions"))
    if any(_matches(actions, each) and not _matches(refused, each) for each in _ACTIONS):
        return True
    return any(_matches(data, each) and not _matches(no_data, each) for each in _DATA)


def _patterns(permission: Any, path: str) -> tuple[str, ...]:
    found = items_at(permission, path)
    if not all(isinstance(each, str) for each in found):
        raise Unreadable(f"{PERMISSIONS}.{path}", "one of them is not a string")
    return tuple(each.lower() for each in found)


def _matches(patterns: Iterable[str], operation: str) -> bool:
    parts = (".*".join(map(re.escape, each.split("*"))) for each in patterns)
    return any(re.fullmatch(each, operation) for each in parts)
