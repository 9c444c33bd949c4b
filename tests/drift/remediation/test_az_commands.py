"""The az commands shown to people."""

import shlex
from typing import Any

import pytest

from drift import ids
from drift.fixes import (
    DeleteChild,
    Fix,
    PostAction,
    PutChild,
    RemoveItem,
    RemoveProperty,
    SetProperty,
    Step,
)
from drift.remediation.az_commands import command
from tests.drift.remediation.commands import (
    ACCOUNT,
    AUDITING,
    BLOBS,
    CONTAINER,
    GROUP,
    NSG,
    SERVER,
    WHERE,
    sets,
    shown,
)

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
INSTANCE = f"{GROUP}/providers/Microsoft.Sql/managedInstances/records"
ACLS = "properties.networkAcls"


def test_nothing_to_do_in_place_is_no_command() -> None:
    assert command(Fix(note="move the data")) is None


@pytest.mark.parametrize(
    ("properties", "options"),
    [
        ({"allowBlobPublicAccess": False}, "--allow-blob-public-access false"),
        ({"allowSharedKeyAccess": False}, "--allow-shared-key-access false"),
        ({"isLocalUserEnabled": False}, "--enable-local-user false"),
        (
            {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"},
            "--https-only true --min-tls-version TLS1_2",
        ),
        ({"publicNetworkAccess": "Disabled"}, "--public-network-access Disabled"),
        (
            {"networkAcls__defaultAction": "Deny", "networkAcls__bypass": "Logging, Metrics"},
            "--default-action Deny --bypass Logging Metrics",
        ),
        (
            {
                "encryption__keySource": "Microsoft.Keyvault",
                "encryption__keyvaultproperties__keyvaulturi": "<KEY_VAULT_URI>",
                "encryption__keyvaultproperties__keyname": "phi",
                "encryption__keyvaultproperties__keyversion": "",
            },
            (
                "--encryption-key-source Microsoft.Keyvault --encryption-key-vault '<KEY_VAULT_URI>' "
                "--encryption-key-name phi --encryption-key-version ''"
            ),
        ),
    ],
)
def test_an_account_is_updated_by_one_command(properties: dict[str, Any], options: str) -> None:
    command_shown = shown(*sets(ACCOUNT, **properties))

    assert command_shown == f"az storage account update --ids {ACCOUNT} {options}"


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (
            RemoveItem(ACCOUNT, f"{ACLS}.ipRules", {"value": "198.51.100.0/24", "action": "Allow"}),
            "--ip-address 198.51.100.0/24",
        ),
        (
            RemoveItem(ACCOUNT, f"{ACLS}.ipv6Rules", {"value": "2001:db8::/32"}),
            "--ipv6-address 2001:db8::/32",
        ),
        (
            RemoveItem(ACCOUNT, f"{ACLS}.virtualNetworkRules", {"id": f"{GROUP}/x/subnets/s"}),
            f"--subnet {GROUP}/x/subnets/s",
        ),
        (
            RemoveItem(
                ACCOUNT,
                f"{ACLS}.resourceAccessRules",
                {"tenantId": "3b1f", "resourceId": "/subscriptions/*/servers/*"},
            ),
            "--resource-id '/subscriptions/*/servers/*' --tenant-id 3b1f",
        ),
    ],
)
def test_a_network_rule_is_removed_by_what_it_names(step: Step, text: str) -> None:
    account = f"--account-name scans {WHERE}"

    assert shown(step) == f"az storage account network-rule remove {account} {text}"


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (
            sets(
                BLOBS,
                deleteRetentionPolicy__enabled=True,
                deleteRetentionPolicy__days=30,
                isVersioningEnabled=True,
            ),
            (
                f"az storage account blob-service-properties update --account-name scans {WHERE} "
                "--enable-delete-retention true --delete-retention-days 30 --enable-versioning true"
            ),
        ),
        (
            sets(f"{ACCOUNT}/fileServices/default", shareDeleteRetentionPolicy__days=30),
            (
                f"az storage account file-service-properties update --account-name scans {WHERE} "
                "--delete-retention-days 30"
            ),
        ),
        (
            sets(
                f"{ACCOUNT}/encryptionScopes/research",
                source="Microsoft.KeyVault",
                keyVaultProperties__keyUri="https://keys.vault.azure.net/keys/phi",
            ),
            (
                f"az storage account encryption-scope update --account-name scans {WHERE} "
                "--name research --key-source Microsoft.KeyVault "
                "--key-uri https://keys.vault.azure.net/keys/phi"
            ),
        ),
        (
            sets(VAULT, enablePurgeProtection=True),
            f"az keyvault update --name keys {WHERE} --enable-purge-protection true",
        ),
        (
            sets(f"{GROUP}/providers/Microsoft.KeyVault/managedHSMs/h", enablePurgeProtection=True),
            f"az keyvault update-hsm --hsm-name h {WHERE} --enable-purge-protection true",
        ),
        (
            sets(VAULT, networkAcls__defaultAction="Deny", networkAcls__bypass="AzureServices"),
            f"az keyvault update --name keys {WHERE} --default-action Deny --bypass AzureServices",
        ),
        (
            (RemoveItem(VAULT, f"{ACLS}.ipRules", {"value": "198.51.100.7/32"}),),
            f"az keyvault network-rule remove --name keys {WHERE} --ip-address 198.51.100.7/32",
        ),
        (
            (RemoveItem(VAULT, f"{ACLS}.virtualNetworkRules", {"id": f"{GROUP}/x/subnets/s"}),),
            f"az keyvault network-rule remove --name keys {WHERE} --subnet {GROUP}/x/subnets/s",
        ),
        (
            sets(SERVER, minimalTlsVersion="1.2"),
            f"az sql server update --ids {SERVER} --minimal-tls-version 1.2",
        ),
        (
            sets(INSTANCE, publicDataEndpointEnabled=False, minimalTlsVersion="1.2"),
            (
                f"az sql mi update --ids {INSTANCE} --public-data-endpoint-enabled false "
                "--minimal-tls-version 1.2"
            ),
        ),
        (
            sets(f"{SERVER}/databases/visits/transparentDataEncryption/current", state="Enabled"),
            f"az sql db tde set --server records {WHERE} --database visits --status Enabled",
        ),
        (
            sets(
                f"{SERVER}/encryptionProtector/current",
                serverKeyType="AzureKeyVault",
                uri="<KEY_URI>",
            ),
            (
                f"az sql server tde-key set --server records {WHERE} "
                "--server-key-type AzureKeyVault --kid '<KEY_URI>'"
            ),
        ),
        (
            sets(f"{INSTANCE}/encryptionProtector/current", serverKeyType="AzureKeyVault"),
            (
                f"az sql mi tde-key set --managed-instance records {WHERE} "
                "--server-key-type AzureKeyVault"
            ),
        ),
        (
            sets(f"{SERVER}/azureADOnlyAuthentications/Default", azureADOnlyAuthentication=True),
            f"az sql server ad-only-auth enable --name records {WHERE}",
        ),
        (
            sets(f"{INSTANCE}/azureADOnlyAuthentications/Default", azureADOnlyAuthentication=True),
            f"az sql mi ad-only-auth enable --name records {WHERE}",
        ),
        (
            (DeleteChild(f"{SERVER}/firewallRules/everyone"),),
            f"az sql server firewall-rule delete --server records {WHERE} --name everyone",
        ),
        (
            (DeleteChild(f"{SERVER}/ipv6FirewallRules/everyone"),),
            f"az sql server ipv6-firewall-rule delete --server records {WHERE} --name everyone",
        ),
        (
            (DeleteChild(f"{SERVER}/virtualNetworkRules/guests"),),
            f"az sql server vnet-rule delete --server records {WHERE} --name guests",
        ),
        (
            sets(AUDITING, storageEndpoint="https://a.blob.core.windows.net/", retentionDays=2191),
            (
                f"az sql server audit-policy update --name records {WHERE} "
                "--blob-storage-target-state Enabled "
                "--storage-endpoint https://a.blob.core.windows.net/ --retention-days 2191"
            ),
        ),
    ],
)
def test_a_type_with_a_command_of_its_own_is_named_as_that_command_wants(
    steps: tuple[Step, ...], text: str
) -> None:
    assert shown(*steps) == text


def test_a_container_is_closed_by_a_patch() -> None:
    text = shown(*sets(CONTAINER, publicAccess="None"))

    assert (
        text == f"""az resource patch --ids {CONTAINER} --properties '{{"publicAccess":"None"}}'"""
    )


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        (False, "false"),
        (30, "30"),
        (None, "null"),
        (["a", 1], '["a",1]'),
        ("Deny", "Deny"),
        ("None", '"None"'),
        ("true", '"true"'),
        ("1", '"1"'),
        ("two words", "two words"),
    ],
)
def test_what_has_no_option_is_set_with_its_type_kept(value: Any, spelt: str) -> None:
    text = shown(*sets(BLOBS, changeFeed=value))

    assert shlex.split(text) == [
        *("az", "resource", "update", "--ids", BLOBS, "--set"),
        f"properties.changeFeed={spelt}",
    ]


def test_options_and_the_rest_of_one_resource_are_two_commands() -> None:
    steps = sets(BLOBS, isVersioningEnabled=True, deleteRetentionPolicy__allowPermanentDelete=False)
    first, second = shown(*steps).split(" && ")

    assert first.endswith("--enable-versioning true")
    assert second.endswith("--set properties.deleteRetentionPolicy.allowPermanentDelete=false")


def test_steps_keep_their_order_and_those_of_one_resource_come_together() -> None:
    [tls] = sets(ACCOUNT, minimumTlsVersion="TLS1_2")
    [versions] = sets(BLOBS, isVersioningEnabled=True)
    [public] = sets(ACCOUNT, allowBlobPublicAccess=False)
    first, second = shown(tls, versions, public).split(" && ")

    assert first.endswith("--min-tls-version TLS1_2 --allow-blob-public-access false")
    assert second.startswith("az storage account blob-service-properties update")


def test_a_resource_with_a_region_is_created_by_its_region_and_properties() -> None:
    export = f"{GROUP}/providers/Microsoft.Security/automations/ExportToWorkspace"
    text = shown(PutChild(export, {"location": "eastus", "properties": {"isEnabled": True}}))

    assert text == (
        f"az resource create --id {export} --location eastus --properties '{{\"isEnabled\":true}}'"
    )


def test_the_plan_of_storage_is_switched_on_with_its_extensions() -> None:
    plan = f"/subscriptions/{ids.subscription_of(GROUP)}/providers/Microsoft.Security/pricings/X"
    extensions = [{"name": "A", "isEnabled": "True"}, {"name": "B", "isEnabled": "False"}]
    text = shown(
        SetProperty(plan, "properties.pricingTier", "Standard"),
        SetProperty(plan, "properties.extensions", extensions),
    )

    assert text == (
        f"az security pricing create --name X --subscription {ids.subscription_of(GROUP)} "
        "--tier Standard --extensions name=A isEnabled=True --extensions name=B isEnabled=False"
    )


def test_a_property_is_removed_by_its_path_which_the_shell_leaves_alone() -> None:
    interface = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic"
    path = "properties.ipConfigurations[name=a b].properties.publicIPAddress"
    text = shown(RemoveProperty(interface, path))

    assert text == f"az resource update --ids {interface} --remove '{path}'"


@pytest.mark.parametrize(
    ("resource", "action", "text"),
    [
        ("disks/d", "endGetAccess", "az disk revoke-access --ids {}"),
        ("snapshots/s", "EndGetAccess", "az snapshot revoke-access --ids {}"),
        ("virtualMachines/m", "convertToManagedDisks", "az vm convert --ids {}"),
        ("virtualMachines/m", "reapply", "az resource invoke-action --ids {} --action reapply"),
    ],
)
def test_an_action_has_its_own_command_or_the_one_for_all(
    resource: str, action: str, text: str
) -> None:
    resource = f"{GROUP}/providers/Microsoft.Compute/{resource}"

    assert shown(PostAction(resource, action)) == text.format(resource)


def test_a_list_without_a_command_asks_for_the_place_in_it() -> None:
    text = shown(RemoveItem(NSG, "properties.subnets", {"id": "s"}))

    assert text == f"az resource update --ids {NSG} --remove properties.subnets '<INDEX>'"


def test_a_name_cannot_leave_its_place_in_the_command() -> None:
    evil = f"{NSG}/securityRules/x; rm -rf ~ $(id)"
    text = shown(DeleteChild(evil))

    assert shlex.split(text)[-1] == evil
    assert text.endswith(f"'{evil}'")


def test_an_assignment_of_a_policy_is_created_by_its_own_command() -> None:
    scope = f"/subscriptions/{ids.subscription_of(GROUP)}"
    name = f"{scope}/providers/Microsoft.Authorization/policyAssignments/phi"
    definition = "/providers/Microsoft.Authorization/policySetDefinitions/set"
    body = {"properties": {"displayName": "PHI", "policyDefinitionId": definition}}

    assert shown(PutChild(name, body)) == (
        f"az policy assignment create --name phi --scope {scope} "
        f"--policy-set-definition {definition} --display-name PHI"
    )


def test_a_role_is_assigned_by_its_own_command() -> None:
    scope = f"/subscriptions/{ids.subscription_of(GROUP)}"
    name = f"{scope}/providers/Microsoft.Authorization/roleAssignments/one"
    role = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/reader"
    properties = {"principalId": "p", "principalType": "ServicePrincipal", "roleDefinitionId": role}

    assert shown(PutChild(name, {"properties": properties})) == (
        "az role assignment create --name one --assignee-object-id p "
        f"--assignee-principal-type ServicePrincipal --role reader --scope {scope}"
    )
