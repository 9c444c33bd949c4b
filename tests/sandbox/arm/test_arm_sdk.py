"""Microsoft's own clients work against the sandbox."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential
from azure.mgmt.resource.resources import ResourceManagementClient

from sandbox.clinic.estate import APP_GROUP, DATA, RECORDS, SUBSCRIPTION, security_rule
from sandbox.world import Sandbox
from tests.sandbox.people import Person

STORAGE = "2024-01-01"
NETWORK = "2024-05-01"


def test_a_managed_identity_reads_with_nothing_but_the_environment(
    azure: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in azure.environment().items():
        monkeypatch.setenv(name, value)
    with (
        ManagedIdentityCredential() as credential,
        ResourceManagementClient(
            credential,
            SUBSCRIPTION,
            base_url=azure.arm.base_url,
            credential_scopes=["https://management.azure.com/.default"],
        ) as client,
    ):
        account = client.resources.get_by_id(RECORDS, api_version=STORAGE)

        assert account["properties"]["allowBlobPublicAccess"] is False


def test_an_account_is_created_with_what_azure_shows_of_every_account(
    resources: ResourceManagementClient,
) -> None:
    body = {"location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    path = f"{DATA}/providers/Microsoft.Storage/storageAccounts/fresh"
    resources.resources.begin_create_or_update_by_id(path, body, api_version=STORAGE).result()

    account = resources.resources.get_by_id(path, api_version=STORAGE)
    blobs = resources.resources.get_by_id(f"{path}/blobServices/default", api_version=STORAGE)

    assert account["properties"]["networkAcls"]["defaultAction"] == "Allow"
    assert "allowBlobPublicAccess" not in account["properties"]
    assert blobs["properties"]["deleteRetentionPolicy"]["enabled"] is False


def test_a_patch_merges_and_keeps_the_rest(resources: ResourceManagementClient) -> None:
    patch = {"properties": {"networkAcls": {"defaultAction": "Allow"}}}
    resources.resources.begin_update_by_id(RECORDS, patch, api_version=STORAGE).result()

    properties = resources.resources.get_by_id(RECORDS, api_version=STORAGE)["properties"]

    assert properties["networkAcls"]["defaultAction"] == "Allow"
    assert properties["networkAcls"]["bypass"] == "AzureServices"
    assert properties["minimumTlsVersion"] == "TLS1_2"


def test_a_rule_put_by_itself_stands_in_its_group(resources: ResourceManagementClient) -> None:
    rule = security_rule("ssh", 150, "*", "22")
    path = f"{APP_GROUP}/securityRules/ssh"
    resources.resources.begin_create_or_update_by_id(path, rule, api_version=NETWORK).result()

    group = resources.resources.get_by_id(APP_GROUP, api_version=NETWORK)
    names = [each["name"] for each in group["properties"]["securityRules"]]
    resources.resources.begin_delete_by_id(path, api_version=NETWORK).result()

    assert "ssh" in names
    with pytest.raises(ResourceNotFoundError):
        resources.resources.get_by_id(path, api_version=NETWORK)


def test_putting_a_whole_group_replaces_its_rules_and_keeps_its_users(
    resources: ResourceManagementClient,
) -> None:
    body = {"location": "eastus", "properties": {"securityRules": []}}
    resources.resources.begin_create_or_update_by_id(APP_GROUP, body, api_version=NETWORK).result()

    properties = resources.resources.get_by_id(APP_GROUP, api_version=NETWORK)["properties"]

    assert properties["securityRules"] == []
    assert len(properties["defaultSecurityRules"]) == 6
    assert properties["subnets"]


def test_groups_and_resources_are_listed(resources: ResourceManagementClient) -> None:
    groups = {group.name for group in resources.resource_groups.list()}
    names = {each.name for each in resources.resources.list_by_resource_group("clinic-data")}

    assert groups == {"clinic-data", "clinic-network", "clinic-operations"}
    assert names == {
        "lakesiderecords",
        "lakesideimaging",
        "lakesideintake",
        "lakeside-keys",
        "lakeside-sql",
        "lakeside-visits",
        "lakeside",
        "vm-ehr",
        "vm-ehr-os",
        "vm-ehr-data",
        "vm-ehr-data-nightly",
        "lakeside-disks",
    }


def test_the_monitors_identity_may_not_write(azure: Sandbox) -> None:
    client = ResourceManagementClient(
        Person(azure, azure.identity.actor),
        SUBSCRIPTION,
        base_url=azure.arm.base_url,
        connection_verify=str(azure.ca_bundle),
        retry_total=0,
    )
    with client, pytest.raises(HttpResponseError) as caught:
        client.resources.begin_delete_by_id(RECORDS, api_version=STORAGE)

    assert caught.value.error is not None
    assert caught.value.error.code == "AuthorizationFailed"
