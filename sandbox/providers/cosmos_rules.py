"""What the DocumentDB resource provider adds to a request's body, and what it refuses."""

from typing import Any, Final

from sandbox.core.documents import Body
from sandbox.core.paths import Place
from sandbox.http.messages import Refused

ACCOUNT: Final = "microsoft.documentdb/databaseaccounts"

_BACKUPS: Final = (None, "Periodic", "Continuous")


def fill_account(place: Place, body: Body) -> Body:
    """Return an account with what ARM shows of every account, which is no key URI; refuse others."""
    _check(body)
    defaults: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "documentEndpoint": f"https://{place.name}.documents.azure.com:443/",
        "publicNetworkAccess": "Enabled",
        "enableAutomaticFailover": False,
        "enableMultipleWriteLocations": False,
        "isVirtualNetworkFilterEnabled": False,
        "virtualNetworkRules": [],
        "ipRules": [],
        "networkAclBypass": "None",
        "networkAclBypassResourceIds": [],
        "minimalTlsVersion": "Tls12",
        "disableKeyBasedMetadataWriteAccess": False,
        "disableLocalAuth": False,
        "defaultIdentity": "FirstPartyIdentity",
        "capabilities": [],
        "backupPolicy": {
            "type": "Periodic",
            "periodicModeProperties": {
                "backupIntervalInMinutes": 240,
                "backupRetentionIntervalInHours": 8,
                "backupStorageRedundancy": "Geo",
            },
        },
    }
    properties = defaults | (body.get("properties") or {})
    if properties["backupPolicy"].get("type") == "Continuous":
        properties["backupPolicy"] = {
            "continuousModeProperties": {"tier": "Continuous30Days"},
            **properties["backupPolicy"],
        }
    return {
        "kind": "GlobalDocumentDB",
        **body,
        "tags": body.get("tags") or {},
        "properties": properties,
    }


def _check(body: Body) -> None:
    """Refuse an account without a region, and a kind of backup that does not exist."""
    given = body.get("properties") or {}
    if not given.get("locations"):
        raise Refused(400, "BadRequest", "Database account must have at least one location.")
    if (given.get("backupPolicy") or {}).get("type") not in _BACKUPS:
        raise Refused(400, "BadRequest", "The backup policy type is not valid.")
