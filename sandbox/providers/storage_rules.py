"""What the Storage resource provider adds to a request's body, and what it refuses."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sandbox.core.arm_errors import no_public_access
from sandbox.core.documents import Body, View
from sandbox.core.paths import Place
from sandbox.http.messages import Refused

ACCOUNT: Final = "microsoft.storage/storageaccounts"
CONTAINER: Final = "microsoft.storage/storageaccounts/blobservices/containers"
_SERVICES: Final = {
    "storagev2": ("blob", "file", "queue", "table"),
    "storage": ("blob", "file", "queue", "table"),
    "blobstorage": ("blob",),
    "blockblobstorage": ("blob",),
    "filestorage": ("file",),
}


def fill_account(body: Body, name: str, now: datetime) -> Body:
    """Return an account with what ARM shows of every account."""
    given: dict[str, Any] = dict(body.get("properties") or {})
    stamp = now.isoformat().replace("+00:00", "Z")
    created = given.get("creationTime", stamp)
    services = {
        each: {"keyType": "Account", "enabled": True, "lastEnabledTime": created}
        for each in ("file", "blob")
    }
    defaults: dict[str, Any] = {
        "keyCreationTime": {"key1": created, "key2": created},
        "privateEndpointConnections": [],
        "supportsHttpsTrafficOnly": True,
        "accessTier": "Hot",
        "provisioningState": "Succeeded",
        "creationTime": created,
        "primaryLocation": body.get("location", "eastus"),
        "statusOfPrimary": "available",
        "primaryEndpoints": {
            each: f"https://{name}.{each}.core.windows.net/" for each in services_of(body)
        },
    }
    acls = {
        "ipv6Rules": [],
        "bypass": "AzureServices",
        "virtualNetworkRules": [],
        "ipRules": [],
        "defaultAction": "Allow",
    }
    encryption = {"services": services, "keySource": "Microsoft.Storage"}
    properties = defaults | given
    properties["networkAcls"] = acls | (given.get("networkAcls") or {})
    properties["encryption"] = encryption | (given.get("encryption") or {})
    return {**body, "tags": body.get("tags") or {}, "properties": properties}


def services_of(account: Body) -> tuple[str, ...]:
    """Return the services that an account of this kind has."""
    return _SERVICES.get(str(account.get("kind", "StorageV2")).lower(), ())


def implied_services(account: Body) -> Iterator[Body]:
    """Yield the children that Azure creates with an account, such as ``blobServices/default``."""
    disabled = {"enabled": False}
    for each in services_of(account):
        properties: dict[str, Any] = {"cors": {"corsRules": []}}
        if each == "blob":
            properties["deleteRetentionPolicy"] = {**disabled, "allowPermanentDelete": False}
        if each == "file":
            properties["shareDeleteRetentionPolicy"] = {"enabled": True, "days": 7}
        yield {
            "id": f"{account['id']}/{each}Services/default",
            "name": "default",
            "type": f"Microsoft.Storage/storageAccounts/{each}Services",
            "sku": account.get("sku"),
            "properties": properties,
        }


def fill_container(body: Body, now: datetime) -> Body:
    """Return a container with what ARM shows of every container."""
    defaults = {
        "publicAccess": "None",
        "leaseStatus": "Unlocked",
        "leaseState": "Available",
        "lastModifiedTime": now.isoformat().replace("+00:00", "Z"),
        "hasImmutabilityPolicy": False,
        "hasLegalHold": False,
        "defaultEncryptionScope": "$account-encryption-key",
        "denyEncryptionScopeOverride": False,
    }
    return body | {"properties": defaults | (body.get("properties") or {})}


def check_container(view: View, place: Place, body: Body) -> None:
    """Refuse to open a container of an account that forbids public access."""
    wanted = str((body.get("properties") or {}).get("publicAccess") or "None").lower()
    account = view.get(place.path.lower().partition("/blobservices/")[0]) or {}
    allowed = (account.get("properties") or {}).get("allowBlobPublicAccess")
    if wanted != "none" and allowed is False:
        raise no_public_access()


def check_account(body: Body) -> None:
    """Refuse what the provider cannot create."""
    for name in ("location", "sku", "kind"):
        if not body.get(name):
            code = "LocationRequired" if name == "location" else "InvalidRequestContent"
            raise Refused(400, code, f"The {name} property is required for this definition.")
