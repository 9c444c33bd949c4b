"""The clinic's storage accounts: no public access, customer-managed keys, logging, recovery."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.clinic.ids import (
    DATA,
    IMAGING,
    INTAKE,
    PHI_TAGS,
    RECORDS,
    WEBSITE,
    access_log,
    resource,
)
from sandbox.core.documents import Body
from sandbox.core.people import TENANT

_CONTAINERS: Final = {
    RECORDS: ("patient-records", "referrals"),
    IMAGING: ("dicom", "dicom-archive"),
    INTAKE: ("intake-forms",),
    WEBSITE: ("brochures",),
}
_CREATED: Final = "2024-03-11T08:15:42.1180034Z"


def storage() -> Iterator[Body]:
    """Yield the accounts with their services, settings and containers."""
    for account, containers in _CONTAINERS.items():
        yield _account(account)
        yield from _services(account)
        for name in containers:
            yield _container(account, name)
    yield _evidence()


def diagnostic_setting(account: str, service: str = "blob") -> Body:
    """Return the setting that sends a service's access log to the clinic's workspace."""
    target = f"{account}/{service}Services/default"
    return access_log(target, "StorageRead", "StorageWrite", "StorageDelete", metrics="Transaction")


def _account(path: str) -> Body:
    body = resource(path, "Microsoft.Storage/storageAccounts", tags=_tags_of(path))
    return body | {
        "sku": {"name": "Standard_ZRS", "tier": "Standard"},
        "kind": "StorageV2",
        "identity": {"type": "SystemAssigned", "principalId": TENANT, "tenantId": TENANT},
        "properties": _account_properties(str(body["name"])),
    }


def _tags_of(path: str) -> dict[str, str]:
    return dict(PHI_TAGS) if path.startswith(DATA) else {"dataClassification": "public"}


def _encryption(name: str) -> dict[str, Any]:
    enabled = {"enabled": True, "keyType": "Account", "lastEnabledTime": _CREATED}
    return {
        "keySource": "Microsoft.Keyvault",
        "keyvaultproperties": {
            "keyname": f"{name}-key",
            "keyvaulturi": "https://lakeside-keys.vault.azure.net",
            "keyversion": "",
            "currentVersionedKeyIdentifier": "https://lakeside-keys.vault.azure.net/keys/"
            f"{name}-key/0123456789abcdef0123456789abcdef",
            "lastKeyRotationTimestamp": _CREATED,
        },
        "requireInfrastructureEncryption": True,
        "services": {each: dict(enabled) for each in ("blob", "file", "queue", "table")},
    }


def _account_properties(name: str) -> dict[str, Any]:
    return {
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "accessTier": "Hot",
        "creationTime": _CREATED,
        "defaultToOAuthAuthentication": True,
        "encryption": _encryption(name),
        "isHnsEnabled": False,
        "isLocalUserEnabled": False,
        "isSftpEnabled": False,
        "keyCreationTime": {"key1": _CREATED, "key2": _CREATED},
        "minimumTlsVersion": "TLS1_2",
        "networkAcls": {
            "bypass": "AzureServices",
            "defaultAction": "Deny",
            "ipRules": [],
            "ipv6Rules": [],
            "resourceAccessRules": [],
            "virtualNetworkRules": [],
        },
        "primaryEndpoints": {
            each: f"https://{name}.{each}.core.windows.net/"
            for each in ("blob", "dfs", "file", "queue", "table")
        },
        "primaryLocation": "eastus",
        "privateEndpointConnections": [],
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Enabled",
        "statusOfPrimary": "available",
        "supportsHttpsTrafficOnly": True,
    }


def _services(account: str) -> Iterator[Body]:
    kept = {"enabled": True, "days": 35}
    properties: dict[str, Body] = {
        "blob": {
            "deleteRetentionPolicy": {**kept, "allowPermanentDelete": False},
            "containerDeleteRetentionPolicy": kept,
            "isVersioningEnabled": True,
            "changeFeed": {"enabled": True},
        },
        "file": {"shareDeleteRetentionPolicy": kept},
        "queue": {},
        "table": {},
    }
    for service, own in properties.items():
        yield {
            "id": f"{account}/{service}Services/default",
            "name": "default",
            "type": f"Microsoft.Storage/storageAccounts/{service}Services",
            "properties": {"cors": {"corsRules": []}, **own},
        }
        yield diagnostic_setting(account, service)


def _evidence() -> Body:
    """Return the container of the monitor's evidence, whose policy is locked."""
    body = _container(WEBSITE, "drift-evidence")
    policy = {
        "immutabilityPeriodSinceCreationInDays": 2557,
        "state": "Locked",
        "allowProtectedAppendWrites": True,
    }
    locked = {"hasImmutabilityPolicy": True, "immutabilityPolicy": {"properties": policy}}
    return body | {"properties": body["properties"] | locked}


def _container(account: str, name: str) -> Body:
    return {
        "id": f"{account}/blobServices/default/containers/{name}",
        "name": name,
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
        "etag": '"0x8DC41B9E5A2C1F0"',
        "properties": {
            "publicAccess": "None",
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "lastModifiedTime": "2024-03-11T08:20:01.0000000Z",
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            "defaultEncryptionScope": "$account-encryption-key",
            "denyEncryptionScopeOverride": False,
        },
    }
