"""The clinic's Cosmos DB account and FHIR service: private endpoints only, own keys, logging."""

from collections.abc import Iterator
from typing import Final

from sandbox.clinic.ids import COSMOS, FHIR, HEALTH, PHI_TAGS, access_log, resource
from sandbox.core.documents import Body
from sandbox.core.people import TENANT

_IDENTITY: Final = {"type": "SystemAssigned", "principalId": TENANT, "tenantId": TENANT}
_KEYS: Final = "https://lakeside-keys.vault.azure.net/keys"


def records() -> Iterator[Body]:
    """Yield the account, the workspace, its FHIR service, and the settings of their logs."""
    yield _account()
    yield access_log(COSMOS, "DataPlaneRequests", "ControlPlaneRequests")
    yield _workspace()
    yield _service()
    yield access_log(FHIR, "AuditLogs")


def _account() -> Body:
    body = resource(COSMOS, "Microsoft.DocumentDB/databaseAccounts", tags=PHI_TAGS)
    return body | {
        "kind": "GlobalDocumentDB",
        "identity": _IDENTITY,
        "properties": {
            "provisioningState": "Succeeded",
            "documentEndpoint": f"https://{body['name']}.documents.azure.com:443/",
            "publicNetworkAccess": "Disabled",
            "isVirtualNetworkFilterEnabled": False,
            "virtualNetworkRules": [],
            "ipRules": [],
            "networkAclBypass": "None",
            "networkAclBypassResourceIds": [],
            "minimalTlsVersion": "Tls12",
            "disableLocalAuth": True,
            "disableKeyBasedMetadataWriteAccess": True,
            "keyVaultKeyUri": f"{_KEYS}/cosmos-key",
            "defaultIdentity": "FirstPartyIdentity",
            "customerManagedKeyStatus": "Access to the configured customer managed key confirmed.",
            "capabilities": [],
            "locations": [{"locationName": "East US", "failoverPriority": 0}],
            "backupPolicy": {
                "type": "Continuous",
                "continuousModeProperties": {"tier": "Continuous30Days"},
            },
        },
    }


def _workspace() -> Body:
    body = resource(HEALTH, "Microsoft.HealthcareApis/workspaces", tags=PHI_TAGS)
    connection = {
        "id": f"{HEALTH}/privateEndpointConnections/ehr",
        "name": "ehr",
        "properties": {
            "privateLinkServiceConnectionState": {"status": "Approved"},
            "provisioningState": "Succeeded",
        },
    }
    return body | {
        "properties": {
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Disabled",
            "privateEndpointConnections": [connection],
        }
    }


def _service() -> Body:
    body = resource(FHIR, "Microsoft.HealthcareApis/workspaces/fhirservices", tags=PHI_TAGS)
    return body | {
        "kind": "fhir-R4",
        "identity": _IDENTITY,
        "properties": {
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Disabled",
            "authenticationConfiguration": {
                "authority": f"https://login.microsoftonline.com/{TENANT}",
                "audience": "https://lakeside-records.fhir.azurehealthcareapis.com",
                "smartProxyEnabled": False,
            },
            "corsConfiguration": {"origins": [], "headers": [], "methods": []},
            "encryption": {
                "customerManagedKeyEncryption": {
                    "keyEncryptionKeyUrl": f"{_KEYS}/fhir-key/0123456789abcdef0123456789abcdef"
                }
            },
        },
    }
