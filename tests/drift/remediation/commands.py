"""Fixes, and the az commands that people are shown for them."""

from typing import Any

from drift.fixes import (
    Fix,
    SetProperty,
    Step,
)
from drift.remediation.az_commands import command

SUBSCRIPTION = "/subscriptions/6f2c7d1e-0b7e-4c1a-9a55-2f6f0c3a9b10"
GROUP = f"{SUBSCRIPTION}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/scans"
BLOBS = f"{ACCOUNT}/blobServices/default"
CONTAINER = f"{BLOBS}/containers/reports"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/front"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/records"
AUDITING = f"{SERVER}/auditingSettings/default"
WHERE = "--resource-group clinic --subscription 6f2c7d1e-0b7e-4c1a-9a55-2f6f0c3a9b10"


def shown(*steps: Step) -> str:
    text = command(Fix(steps))
    assert text is not None
    return text


def sets(resource_id: str, **properties: Any) -> tuple[Step, ...]:
    return tuple(
        SetProperty(resource_id, f"properties.{path.replace('__', '.')}", value)
        for path, value in properties.items()
    )
