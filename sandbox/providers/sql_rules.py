"""What the Sql resource provider adds to a request's body, and what it refuses."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sandbox.core.documents import Body, View
from sandbox.core.paths import Place
from sandbox.http.messages import Refused

SERVER: Final = "microsoft.sql/servers"
DATABASE: Final = f"{SERVER}/databases"
AUDITING: Final = f"{SERVER}/auditingsettings"
ENTRA_ONLY: Final = f"{SERVER}/azureadonlyauthentications"

_GROUPS: Final = (
    "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
    "FAILED_DATABASE_AUTHENTICATION_GROUP",
    "BATCH_COMPLETED_GROUP",
)


def check(view: View, place: Place, body: Body) -> None:
    """Refuse what the provider does not take.

    An audit target in storage is given by its address or not at all: what a GET shows of a server
    without one, the empty text, is refused (https://github.com/Azure/azure-rest-api-specs/issues/12471).
    """
    given = body.get("properties") or {}
    if place.type_key == AUDITING and given.get("storageEndpoint") == "":
        message = (
            "Invalid parameter 'storageEndpoint'. Value should be a blob storage endpoint "
            "(e.g. https://MyAccount.blob.core.windows.net)."
        )
        raise Refused(400, "DataSecurityInvalidUserSuppliedParameter", message)
    admin = f"{place.above}/administrators/ActiveDirectory"
    if place.type_key == ENTRA_ONLY and view.get(admin) is None:
        message = (
            "AAD Admin is not configured, AAD Admin must be set before enabling/disabling AAD Only "
            "Authentication."
        )
        raise Refused(400, "InvalidServerAADOnlyAuthNoAADAdminPropertyName", message)


def fill(place: Place, body: Body, now: datetime) -> Body:
    """Return a document of the provider's with what ARM shows of every such one, and no password."""
    match place.type_key:
        case type_key if type_key == SERVER:
            return _filled(body, _server(place.name), kind="v12.0")
        case type_key if type_key == DATABASE:
            return _filled(body, _database(now), kind="v12.0,user")
        case type_key if type_key == AUDITING:
            return _filled(body, _auditing())
        case _:
            return body


def implied(whole: Body, place: Place) -> Iterator[Body]:
    """Yield the children that Azure creates with a server or a database."""
    if place.type_key == SERVER:
        yield from _with_server(whole)
    elif place.type_key == DATABASE:
        pool = "datawarehouse" in str(whole.get("kind")).lower()
        state = {"state": "Disabled" if pool else "Enabled"}
        yield _child(whole, "transparentDataEncryption/current", state)


def _filled(body: Body, defaults: dict[str, Any], **top: str) -> Body:
    given = dict(body.get("properties") or {})
    given.pop("administratorLoginPassword", None)
    return {**top, **body, "properties": defaults | given}


def _server(name: str) -> dict[str, Any]:
    return {
        "version": "12.0",
        "state": "Ready",
        "fullyQualifiedDomainName": f"{name}.database.windows.net",
        "privateEndpointConnections": [],
        "minimalTlsVersion": "1.2",
        "publicNetworkAccess": "Enabled",
        "restrictOutboundNetworkAccess": "Disabled",
    }


def _database(now: datetime) -> dict[str, Any]:
    return {
        "collation": "SQL_Latin1_General_CP1_CI_AS",
        "status": "Online",
        "creationDate": now.isoformat().replace("+00:00", "Z"),
    }


def _auditing() -> dict[str, Any]:
    """Return what is shown of auditing: an empty address where nothing goes into storage."""
    return {
        "state": "Disabled",
        "auditActionsAndGroups": list(_GROUPS),
        "isAzureMonitorTargetEnabled": False,
        "isManagedIdentityInUse": False,
        "isStorageSecondaryKeyInUse": False,
        "retentionDays": 0,
        "storageEndpoint": "",
        "storageAccountSubscriptionId": "00000000-0000-0000-0000-000000000000",
    }


def _with_server(server: Body) -> Iterator[Body]:
    master = _child(server, "databases/master", {"status": "Online"})
    yield {**master, "kind": "v12.0,system", "location": server.get("location", "eastus")}
    yield _child(server, "auditingSettings/Default", _auditing() | {"auditActionsAndGroups": []})
    managed = {"serverKeyName": "ServiceManaged", "serverKeyType": "ServiceManaged"}
    yield _child(server, "encryptionProtector/current", managed)
    admin = server["properties"].get("administrators")
    if admin:
        only = bool(admin.get("azureADOnlyAuthentication"))
        yield _child(server, "administrators/ActiveDirectory", admin)
        setting = {"azureADOnlyAuthentication": only}
        yield _child(server, "azureADOnlyAuthentications/Default", setting)


def _child(owner: Body, path: str, properties: dict[str, Any]) -> Body:
    kind, _, name = path.partition("/")
    return {
        "id": f"{owner['id']}/{path}",
        "name": name,
        "type": f"{owner['type']}/{kind}",
        "properties": properties,
    }
