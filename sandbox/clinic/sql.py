"""The clinic's SQL server and its database: no public access, a customer-managed key, auditing."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.clinic.ids import PHI_TAGS, SQL, access_log, resource
from sandbox.core.documents import Body
from sandbox.core.people import TENANT

_VERSION: Final = "0123456789abcdef0123456789abcdef"
_KEY: Final = f"https://lakeside-keys.vault.azure.net/keys/sql-key/{_VERSION}"


def sql() -> Iterator[Body]:
    """Yield the server, its settings, and its databases with theirs."""
    yield _server()
    for path, properties in _SETTINGS.items():
        yield _child(path, properties)
    for name, kind in (("master", "v12.0,system"), ("visits", "v12.0,user")):
        body = _child(f"databases/{name}", {"status": "Online"})
        yield body | {"kind": kind, "location": "eastus", "tags": dict(PHI_TAGS)}
    yield _child("databases/visits/transparentDataEncryption/current", {"state": "Enabled"})
    yield access_log(f"{SQL}/databases/master", "SQLSecurityAuditEvents")


_ADMIN: Final = {
    "administratorType": "ActiveDirectory",
    "login": "sql-admins",
    "sid": "5c2d1f7e-0b94-4a63-8e1d-7f3a9c6b2e58",
    "tenantId": TENANT,
}
_SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "encryptionProtector/current": {
        "serverKeyName": f"lakeside-keys_sql-key_{_VERSION}",
        "serverKeyType": "AzureKeyVault",
        "uri": _KEY,
        "autoRotationEnabled": True,
    },
    "auditingSettings/Default": {
        "state": "Enabled",
        "auditActionsAndGroups": [
            "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
            "FAILED_DATABASE_AUTHENTICATION_GROUP",
            "BATCH_COMPLETED_GROUP",
        ],
        "isAzureMonitorTargetEnabled": True,
        "retentionDays": 0,
        "storageEndpoint": "",
    },
    "administrators/ActiveDirectory": _ADMIN,
    "azureADOnlyAuthentications/Default": {"azureADOnlyAuthentication": True},
}


def _server() -> Body:
    body = resource(SQL, "Microsoft.Sql/servers", tags=PHI_TAGS)
    return body | {
        "kind": "v12.0",
        "identity": {"type": "SystemAssigned", "principalId": TENANT, "tenantId": TENANT},
        "properties": {
            "administratorLogin": "CloudSA5f3a9c6b",
            "version": "12.0",
            "state": "Ready",
            "fullyQualifiedDomainName": "lakeside-sql.database.windows.net",
            "privateEndpointConnections": [],
            "minimalTlsVersion": "1.2",
            "publicNetworkAccess": "Enabled",
            "keyId": _KEY,
            "restrictOutboundNetworkAccess": "Disabled",
        },
    }


def _child(path: str, properties: dict[str, Any]) -> Body:
    names = path.split("/")
    return {
        "id": f"{SQL}/{path}",
        "name": names[-1],
        "type": "/".join(["Microsoft.Sql/servers", *names[::2]]),
        "properties": properties,
    }
