"""The providers of key vaults and SQL add defaults, create children and refuse like the real ones."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.clinic.estate import DATA, SQL, VAULT
from sandbox.core.people import TENANT
from sandbox.http.messages import Refused
from sandbox.providers.vault_rules import check_version
from sandbox.world import Sandbox
from tests.sandbox.conftest import Call

OTHER_VAULT = f"{DATA}/providers/Microsoft.KeyVault/vaults/other"
OTHER_SQL = f"{DATA}/providers/Microsoft.Sql/servers/other"
NEW_VAULT = {
    "location": "eastus",
    "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}},
}
NEW_SERVER: dict[str, Any] = {
    "location": "eastus",
    "properties": {"administratorLogin": "root", "administratorLoginPassword": "swordfish"},
}
ADMIN = {"login": "sql-admins", "sid": "5c2d1f7e", "azureADOnlyAuthentication": True}


def properties(azure: Sandbox, path: str) -> dict[str, Any]:
    found: dict[str, Any] = azure.read(path)["properties"]
    return found


def test_a_new_vault_has_no_purge_protection_and_uses_rbac(azure: Sandbox) -> None:
    azure.write(OTHER_VAULT, NEW_VAULT)
    vault = properties(azure, OTHER_VAULT)

    assert "enablePurgeProtection" not in vault
    assert (vault["enableSoftDelete"], vault["enableRbacAuthorization"]) == (True, True)
    assert vault["softDeleteRetentionInDays"] == 90


@pytest.mark.parametrize("name", ["enablePurgeProtection", "enableSoftDelete"])
def test_what_protects_a_vault_cannot_be_switched_off(azure: Sandbox, name: str) -> None:
    with pytest.raises(Refused, match="irreversible"):
        azure.patch(VAULT, {"properties": {name: False}})

    assert properties(azure, VAULT)[name] is True


def test_purge_protection_outlives_a_put_that_leaves_it_out(azure: Sandbox) -> None:
    azure.write(VAULT, NEW_VAULT)

    assert properties(azure, VAULT)["enablePurgeProtection"] is True


def test_a_vault_needs_a_tenant(azure: Sandbox) -> None:
    with pytest.raises(Refused, match="tenantId"):
        azure.write(OTHER_VAULT, {"location": "eastus", "properties": {}})


def test_an_old_version_of_key_vault_is_still_answered_today(call: Call) -> None:
    assert call("GET", VAULT, "2023-07-01").status_code == 200


@pytest.mark.parametrize(
    ("namespace", "version", "refused"),
    [
        ("Microsoft.KeyVault", "2025-05-01", True),
        ("Microsoft.KeyVault", "2026-02-01", False),
        ("Microsoft.Storage", "2024-01-01", False),
    ],
)
def test_old_versions_of_key_vault_end_in_february_2027(
    namespace: str, version: str, refused: bool
) -> None:
    def refusal(now: datetime) -> bool:
        try:
            check_version(namespace, version, now)
        except Refused:
            return True
        return False

    assert not refusal(datetime(2027, 2, 26, tzinfo=UTC))
    assert refusal(datetime(2027, 2, 27, tzinfo=UTC)) is refused


def test_a_new_server_brings_what_every_server_has(azure: Sandbox) -> None:
    azure.write(OTHER_SQL, NEW_SERVER)

    assert properties(azure, OTHER_SQL)["publicNetworkAccess"] == "Enabled"
    assert azure.read(f"{OTHER_SQL}/databases/master")["kind"] == "v12.0,system"
    assert properties(azure, f"{OTHER_SQL}/auditingSettings/default")["state"] == "Disabled"
    protector = properties(azure, f"{OTHER_SQL}/encryptionProtector/current")
    assert protector["serverKeyType"] == "ServiceManaged"
    with pytest.raises(Refused, match="not found"):
        azure.read(f"{OTHER_SQL}/azureADOnlyAuthentications/Default")


def test_a_server_with_an_admin_brings_that_too(azure: Sandbox) -> None:
    azure.write(OTHER_SQL, {"location": "eastus", "properties": {"administrators": ADMIN}})
    only = properties(azure, f"{OTHER_SQL}/azureADOnlyAuthentications/Default")

    assert properties(azure, f"{OTHER_SQL}/administrators/ActiveDirectory")["sid"] == "5c2d1f7e"
    assert only == {"azureADOnlyAuthentication": True}


def test_a_servers_password_is_never_shown(azure: Sandbox) -> None:
    azure.write(OTHER_SQL, NEW_SERVER)

    assert "swordfish" not in str(azure.read(OTHER_SQL))


@pytest.mark.parametrize(
    ("kind", "state"), [("v12.0,user", "Enabled"), ("v12.0,user,datawarehouse", "Disabled")]
)
def test_a_new_database_is_encrypted_and_a_new_pool_is_not(
    azure: Sandbox, kind: str, state: str
) -> None:
    azure.write(f"{SQL}/databases/fresh", {"location": "eastus", "kind": kind})
    encryption = properties(azure, f"{SQL}/databases/fresh/transparentDataEncryption/current")

    assert encryption == {"state": state}


def test_auditing_cannot_be_written_back_as_it_is_shown(azure: Sandbox) -> None:
    shown = azure.read(f"{SQL}/auditingSettings/default")

    with pytest.raises(Refused, match="storageEndpoint"):
        azure.write(f"{SQL}/auditingSettings/default", {"properties": shown["properties"]})


def test_entra_only_needs_an_admin(azure: Sandbox) -> None:
    azure.write(OTHER_SQL, NEW_SERVER)

    with pytest.raises(Refused, match="AAD Admin"):
        azure.write(
            f"{OTHER_SQL}/azureADOnlyAuthentications/Default",
            {"properties": {"azureADOnlyAuthentication": True}},
        )
