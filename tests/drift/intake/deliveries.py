"""Bodies that Event Grid delivers, and the messages that intake makes of them."""

import json
from datetime import UTC, datetime
from typing import Any

from drift.events import Event, Message
from drift.intake.event_grid import parse_delivery
from drift.intake.targets import Watched
from drift.model import Actor, Control, Severity

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SUB = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
GROUP = f"{SUB}/resourceGroups/rg-phi"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/clinic"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
WRITE = "Microsoft.Resources.ResourceWriteSuccess"


def control(*watches: str) -> Control:
    return Control(
        id="TEST",
        title="",
        service="",
        severity=Severity.HIGH,
        otherwise=Severity.LOW,
        hipaa=(),
        why="",
        fix="",
        watches=dict.fromkeys(watches, ()),
    )


WATCHED = Watched.by(
    [
        control(
            "microsoft.storage/storageaccounts",
            "microsoft.storage/storageaccounts/blobservices/containers",
            "microsoft.insights/diagnosticsettings",
            "microsoft.keyvault/vaults",
        ),
        control("microsoft.sql/servers", "microsoft.insights/diagnosticsettings"),
        control("microsoft.sql/servers/databases"),
        control(
            "microsoft.network/networksecuritygroups",
            "microsoft.network/virtualnetworks",
            "microsoft.network/virtualnetworks/subnets",
        ),
    ]
)

CLAIMS = {
    "http://schemas.microsoft.com/claims/authnmethodsreferences": "rsa,mfa",
    "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "ipaddr": "203.0.113.9",
    "name": "Dana Reyes",
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid-1",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "dana@clinic.example",
}


def data(**changes: Any) -> dict[str, Any]:
    return {
        "authorization": {"scope": ACCOUNT, "action": "Microsoft.Storage/storageAccounts/write"},
        "claims": CLAIMS,
        "correlationId": "corr-1",
        "httpRequest": {"clientIpAddress": "198.51.100.7"},
        "resourceUri": ACCOUNT,
        "operationName": "Microsoft.Storage/storageAccounts/write",
        "status": "Succeeded",
    } | changes


def grid(**changes: Any) -> dict[str, Any]:
    """An event in Event Grid's own schema."""
    return {
        "id": "event-1",
        "topic": SUB,
        "subject": ACCOUNT,
        "eventType": WRITE,
        "eventTime": "2026-11-22T11:59:58.6117357Z",
        "data": data(),
        "dataVersion": "2",
        "metadataVersion": "1",
    } | changes


def cloud(**changes: Any) -> dict[str, Any]:
    """The same event as a CloudEvent."""
    return {
        "id": "event-1",
        "source": SUB,
        "subject": ACCOUNT,
        "type": WRITE,
        "time": "2026-11-22T11:59:58.6117357Z",
        "specversion": "1.0",
        "data": data(),
    } | changes


def parsed(body: object, watched: Watched = WATCHED) -> tuple[Message, ...]:
    return parse_delivery(json.dumps(body), watched, NOW)


def only(body: object) -> Event:
    """Return the one event that a body holds."""
    (message,) = parsed(body)
    assert isinstance(message, Event), message
    return message


EXPECTED = Event(
    id="event-1",
    type=WRITE,
    operation="microsoft.storage/storageaccounts/write",
    subject=ACCOUNT,
    target=ACCOUNT,
    at=datetime(2026, 11, 22, 11, 59, 58, 611735, tzinfo=UTC),
    actor=Actor(
        name="dana@clinic.example",
        object_id="oid-1",
        ip="198.51.100.7",
        app_id="c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        mfa=True,
        sign_in_ip="203.0.113.9",
    ),
    correlation_id="corr-1",
    deleted=False,
)
