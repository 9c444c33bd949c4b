"""The providers of Cosmos DB and the Healthcare APIs add defaults and refuse like the real ones."""

from typing import Any

import pytest

from sandbox.clinic.estate import DATA
from sandbox.core.people import TENANT
from sandbox.http.messages import Refused
from sandbox.world import Sandbox

COSMOS = f"{DATA}/providers/Microsoft.DocumentDB/databaseAccounts/records"
WORKSPACE = f"{DATA}/providers/Microsoft.HealthcareApis/workspaces/clinic"
FHIR = f"{WORKSPACE}/fhirservices/records"
NEW_COSMOS: dict[str, Any] = {
    "location": "eastus",
    "properties": {"locations": [{"locationName": "eastus", "failoverPriority": 0}]},
}


def properties(azure: Sandbox, path: str) -> dict[str, Any]:
    found: dict[str, Any] = azure.read(path)["properties"]
    return found


def test_a_new_cosmos_account_is_open_to_every_network_and_shows_no_key(azure: Sandbox) -> None:
    azure.write(COSMOS, NEW_COSMOS)
    account = properties(azure, COSMOS)

    assert azure.read(COSMOS)["kind"] == "GlobalDocumentDB"
    assert (account["publicNetworkAccess"], account["ipRules"]) == ("Enabled", [])
    assert account["isVirtualNetworkFilterEnabled"] is False
    assert "keyVaultKeyUri" not in account
    assert account["backupPolicy"]["type"] == "Periodic"


def test_a_cosmos_account_needs_a_location(azure: Sandbox) -> None:
    with pytest.raises(Refused, match="location"):
        azure.write(COSMOS, {"location": "eastus", "properties": {}})


def test_a_continuous_backup_has_a_tier(azure: Sandbox) -> None:
    azure.write(COSMOS, NEW_COSMOS)
    azure.patch(COSMOS, {"properties": {"backupPolicy": {"type": "Continuous"}}})

    backup = properties(azure, COSMOS)["backupPolicy"]
    assert backup["continuousModeProperties"] == {"tier": "Continuous30Days"}


def test_a_new_fhir_service_is_public_and_accepts_the_tokens_of_its_tenant(azure: Sandbox) -> None:
    azure.write(WORKSPACE, {"location": "eastus", "properties": {}})
    azure.write(FHIR, {"location": "eastus", "kind": "fhir-R4", "properties": {}})
    service = properties(azure, FHIR)

    assert service["publicNetworkAccess"] == "Enabled"
    assert service["authenticationConfiguration"]["authority"].endswith(TENANT)
    assert "encryption" not in service


@pytest.mark.parametrize("body", [{"location": "eastus"}, {"kind": "fhir-R4"}])
def test_a_fhir_service_needs_a_region_and_a_version(azure: Sandbox, body: dict[str, Any]) -> None:
    azure.write(WORKSPACE, {"location": "eastus", "properties": {}})

    with pytest.raises(Refused, match=r"location|kind"):
        azure.write(FHIR, {"properties": {}, **body})
