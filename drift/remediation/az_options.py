"""The az command that changes each type: how it names a resource, its option per property.

The options are those of azure-cli 2.91.0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from drift import ids
from drift.ids import name_of, parent_of

Words = list[str]

ACCOUNT: Final = "microsoft.storage/storageaccounts"
CONTAINER: Final = f"{ACCOUNT}/blobservices/containers"
RULE: Final = "microsoft.network/networksecuritygroups/securityrules"
SETTING: Final = "microsoft.insights/diagnosticsettings"
VAULT: Final = "microsoft.keyvault/vaults"


def by_ids(resource_id: str) -> Words:
    """Return the options that name a resource by its id."""
    return ["--ids", resource_id]


def in_group(resource_id: str) -> Words:
    """Name the resource group and the subscription of a resource."""
    group = name_of(ids.group_of(resource_id))
    return ["--resource-group", group, "--subscription", ids.subscription_of(resource_id)]


def by_name(resource_id: str) -> Words:
    """Return the options that name a resource by its name, resource group and subscription."""
    return ["--name", name_of(resource_id), *in_group(resource_id)]


def by_extended(setting_id: str) -> Words:
    """Return the options that name an extension by its name and the resource that it extends."""
    extended = setting_id[: setting_id.lower().rindex("/providers/")]
    return ["--name", name_of(setting_id), "--resource", extended]


def _by_account_name(resource_id: str) -> Words:
    return ["--account-name", name_of(resource_id), *in_group(resource_id)]


def _by_hsm_name(resource_id: str) -> Words:
    return ["--hsm-name", name_of(resource_id), *in_group(resource_id)]


def _by_account(resource_id: str) -> Words:
    return _by_account_name(parent_of(resource_id))


def _by_account_and_name(resource_id: str) -> Words:
    return [*_by_account(resource_id), "--name", name_of(resource_id)]


def by_nsg_and_name(resource_id: str) -> Words:
    """Return the options that name a security rule by its name and its security group's."""
    nsg = ["--nsg-name", name_of(parent_of(resource_id))]
    return [*in_group(resource_id), *nsg, "--name", name_of(resource_id)]


@dataclass(frozen=True, slots=True)
class Update:
    """The command that updates a type: how it names the resource, its option per property path.

    Paths are in lower case. An option may be several words, or "" where the command implies it.
    ``alone``: the command is useful without options. ``spelling`` writes the values of an option as
    one word, where az expects another form than the property has.
    """

    words: str
    naming: Callable[[str], Words]
    options: Mapping[str, str]
    alone: bool = False
    spelling: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)


Naming = tuple[str, Callable[[str], Words]]
"""A command, and how it names a resource."""

RULE_OPTIONS: Final = {
    "properties.priority": "--priority",
    "properties.access": "--access",
    "properties.direction": "--direction",
    "properties.protocol": "--protocol",
    "properties.sourceaddressprefix": "--source-address-prefixes",
    "properties.sourceaddressprefixes": "--source-address-prefixes",
    "properties.sourceportrange": "--source-port-ranges",
    "properties.sourceportranges": "--source-port-ranges",
    "properties.destinationaddressprefix": "--destination-address-prefixes",
    "properties.destinationaddressprefixes": "--destination-address-prefixes",
    "properties.destinationportrange": "--destination-port-ranges",
    "properties.destinationportranges": "--destination-port-ranges",
    "properties.description": "--description",
}

UPDATES: Final[Mapping[str, Update]] = {
    ACCOUNT: Update(
        "storage account update",
        by_ids,
        {
            "properties.allowblobpublicaccess": "--allow-blob-public-access",
            "properties.allowsharedkeyaccess": "--allow-shared-key-access",
            "properties.islocaluserenabled": "--enable-local-user",
            "properties.supportshttpstrafficonly": "--https-only",
            "properties.minimumtlsversion": "--min-tls-version",
            "properties.publicnetworkaccess": "--public-network-access",
            "properties.networkacls.defaultaction": "--default-action",
            "properties.networkacls.bypass": "--bypass",
            "properties.encryption.keysource": "--encryption-key-source",
            "properties.encryption.keyvaultproperties.keyvaulturi": "--encryption-key-vault",
            "properties.encryption.keyvaultproperties.keyname": "--encryption-key-name",
            "properties.encryption.keyvaultproperties.keyversion": "--encryption-key-version",
        },
    ),
    f"{ACCOUNT}/blobservices": Update(
        "storage account blob-service-properties update",
        _by_account,
        {
            "properties.deleteretentionpolicy.enabled": "--enable-delete-retention",
            "properties.deleteretentionpolicy.days": "--delete-retention-days",
            "properties.containerdeleteretentionpolicy.enabled": (
                "--enable-container-delete-retention"
            ),
            "properties.containerdeleteretentionpolicy.days": "--container-delete-retention-days",
            "properties.isversioningenabled": "--enable-versioning",
        },
    ),
    f"{ACCOUNT}/fileservices": Update(
        "storage account file-service-properties update",
        _by_account,
        {
            "properties.sharedeleteretentionpolicy.enabled": "--enable-delete-retention",
            "properties.sharedeleteretentionpolicy.days": "--delete-retention-days",
        },
    ),
    f"{ACCOUNT}/encryptionscopes": Update(
        "storage account encryption-scope update",
        _by_account_and_name,
        {
            "properties.source": "--key-source",
            "properties.keyvaultproperties.keyuri": "--key-uri",
            "properties.state": "--state",
        },
    ),
    VAULT: Update(
        "keyvault update",
        by_name,
        {
            "properties.enablepurgeprotection": "--enable-purge-protection",
            "properties.networkacls.defaultaction": "--default-action",
            "properties.networkacls.bypass": "--bypass",
        },
    ),
    "microsoft.keyvault/managedhsms": Update(
        "keyvault update-hsm",
        _by_hsm_name,
        {"properties.enablepurgeprotection": "--enable-purge-protection"},
    ),
    RULE: Update("network nsg rule update", by_ids, RULE_OPTIONS),
    "microsoft.network/virtualnetworks/subnets": Update(
        "network vnet subnet update",
        by_ids,
        {"properties.networksecuritygroup.id": "--network-security-group"},
    ),
    "microsoft.network/bastionhosts": Update(
        "network bastion update",
        by_ids,
        {"properties.enableshareablelink": "--enable-shareable-link"},
    ),
}

DELETIONS: Final[Mapping[str, Naming]] = {
    RULE: ("network nsg rule delete", by_ids),
    SETTING: ("monitor diagnostic-settings delete", by_extended),
}

REMOVALS: Final[Mapping[str, Naming]] = {
    ACCOUNT: ("storage account network-rule remove", _by_account_name),
    VAULT: ("keyvault network-rule remove", by_name),
}
"""The command that removes a rule from the network rules of a type."""

NETWORK_RULES: Final = {
    "properties.networkacls.iprules": {"value": "--ip-address"},
    "properties.networkacls.ipv6rules": {"value": "--ipv6-address"},
    "properties.networkacls.virtualnetworkrules": {"id": "--subnet"},
    "properties.virtualnetworkrules": {"id": "--subnet"},
    "properties.networkacls.resourceaccessrules": {
        "resourceId": "--resource-id",
        "tenantId": "--tenant-id",
    },
}

DESTINATIONS: Final = {
    "workspaceId": "--workspace",
    "storageAccountId": "--storage-account",
    "eventHubAuthorizationRuleId": "--event-hub-rule",
    "eventHubName": "--event-hub",
    "marketplacePartnerId": "--marketplace-partner-id",
}
