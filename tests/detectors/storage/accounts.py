"""Accounts for the tests of the storage controls, and an estate that counts what it is asked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drift.controls.document_estate import DocumentEstate
from drift.estate import Baseline, Scope
from drift.model import Resource

SUBSCRIPTION = "/subscriptions/6f2c7d1e-0b7e-4c1a-9a55-2f6f0c3a9b10"
ACCOUNT = f"{SUBSCRIPTION}/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/scans"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"


class CountingEstate(DocumentEstate):
    """Counts the questions, so that a test can tell that none was asked; its accounts hold PHI."""

    phi = True
    former_tag = ""
    tagged = Scope(True, "for the test")

    def __init__(self, documents: Mapping[str, Any] | None = None, **approved: Any) -> None:
        super().__init__(
            {name.lower(): body for name, body in (documents or {}).items()},
            complete=True,
            baseline=Baseline(**approved),
            now=datetime(2026, 11, 22, tzinfo=UTC),
        )
        self.questions = 0

    def get(self, resource_id: str) -> Resource | None:
        self.questions += 1
        return super().get(resource_id)

    def children(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        self.questions += 1
        return super().children(resource_id, kind)

    def holds_phi(self, machine: Resource, /) -> bool | None:
        raise AssertionError(machine.id)

    def extensions(self, resource_id: str, kind: str) -> tuple[Resource, ...]:
        self.questions += 1
        return super().extensions(resource_id, kind)


def account(kind: str = "StorageV2", **properties: Any) -> Resource:
    body = {"id": ACCOUNT, "kind": kind, "sku": {"name": "Standard_LRS"}, "properties": properties}
    return Resource(ACCOUNT, "microsoft.storage/storageaccounts", body)
