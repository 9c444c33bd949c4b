"""A vault is found by its name in any form; the names of vaults are globally unique."""

from datetime import UTC, datetime
from typing import Any

import pytest

from detectors.keys import vaults
from detectors.keys.key_uri import Holder
from drift.controls.document_estate import DocumentEstate
from drift.errors import Unreadable
from drift.estate import Baseline
from drift.model import Resource

HERE = "/subscriptions/5a4e"
THERE = "/subscriptions/77aa"
ACCOUNT = f"{HERE}/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/scans"
OWN = f"{HERE}/resourceGroups/clinic/providers/Microsoft.KeyVault/vaults/keys"
CENTRAL = f"{THERE}/resourceGroups/central/providers/Microsoft.KeyVault/vaults/keys"
KEYS = Holder("keys", is_hsm=False)


def found(documents: dict[str, Any], *, complete: bool = True) -> str:
    estate = DocumentEstate(
        {name.lower(): body for name, body in documents.items()},
        complete=complete,
        baseline=Baseline(),
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )
    account = Resource(ACCOUNT, "microsoft.storage/storageaccounts", {})
    return vaults.id_of(KEYS, account, estate)


def listed(*items: str) -> dict[str, Any]:
    return {"value": [{"id": each, "name": "keys"} for each in items]}


@pytest.mark.parametrize(
    "documents",
    [
        {CENTRAL: {"id": CENTRAL}},
        {f"{THERE}/providers/Microsoft.KeyVault/vaults": listed(CENTRAL)},
    ],
)
@pytest.mark.parametrize("complete", [True, False])
def test_a_vault_of_another_subscription_is_found(
    documents: dict[str, Any], complete: bool
) -> None:
    assert found(documents, complete=complete) == CENTRAL


def test_a_vault_of_the_own_subscription_is_found_though_the_input_is_not_complete() -> None:
    assert found({OWN: {"id": OWN}}, complete=False) == OWN


def test_a_vault_that_is_found_nowhere_names_the_role_that_is_missing() -> None:
    with pytest.raises(Unreadable, match=r"key vault keys: .*the role Reader"):
        found({})


def test_a_list_that_is_refused_is_the_cause() -> None:
    with pytest.raises(Unreadable, match="HTTP 403"):
        found({f"{HERE}/providers/Microsoft.KeyVault/vaults": 403})
