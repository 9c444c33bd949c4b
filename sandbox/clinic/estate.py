"""A small clinic's Azure estate in which every control passes; tests and the demo start from it."""

from collections.abc import Iterator

from sandbox.clinic.compute import compute
from sandbox.clinic.ids import (
    APP_GROUP,
    BASTION,
    DATA,
    DATA_DISK,
    DATA_GROUP,
    ENCRYPTION_SET,
    IMAGING,
    INTAKE,
    INTERFACE,
    MACHINE,
    NETWORK,
    OPERATIONS,
    PHI_TAGS,
    RECORDS,
    SNAPSHOT,
    SQL,
    SUBSCRIPTION,
    SYSTEM_DISK,
    VAULT,
    VNET,
    WEBSITE,
    WORKSPACE,
    access_log,
    resource,
)
from sandbox.clinic.network import network, security_rule
from sandbox.clinic.policy import policy
from sandbox.clinic.posture import posture
from sandbox.clinic.records import records
from sandbox.clinic.sql import sql
from sandbox.clinic.storage import diagnostic_setting, storage
from sandbox.core.documents import Body
from sandbox.core.people import TENANT

__all__ = [
    "APP_GROUP",
    "BASTION",
    "DATA",
    "DATA_DISK",
    "DATA_GROUP",
    "ENCRYPTION_SET",
    "IMAGING",
    "INTAKE",
    "INTERFACE",
    "MACHINE",
    "NETWORK",
    "OPERATIONS",
    "RECORDS",
    "SNAPSHOT",
    "SQL",
    "SUBSCRIPTION",
    "SYSTEM_DISK",
    "VAULT",
    "VNET",
    "WEBSITE",
    "WORKSPACE",
    "access_log",
    "clinic",
    "diagnostic_setting",
    "security_rule",
]


def clinic() -> list[Body]:
    """Return every document of the clinic, full bodies as ARM shows them."""
    keys = [_vault(), access_log(VAULT, "AuditEvent")]
    own = [_subscription(), *posture(), *policy(), *_groups(), *keys, _workspace()]
    return [*own, *storage(), *network(), *sql(), *records(), *compute()]


def _subscription() -> Body:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "Lakeside Clinic",
        "state": "Enabled",
        "subscriptionPolicies": {"spendingLimit": "Off", "quotaId": "PayAsYouGo_2014-09-01"},
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": {"company": "lakeside-clinic"},
    }


def _groups() -> Iterator[Body]:
    for path, tags in ((DATA, PHI_TAGS), (NETWORK, {}), (OPERATIONS, {"owner": "it"})):
        kind = "Microsoft.Resources/resourceGroups"
        state = {"properties": {"provisioningState": "Succeeded"}}
        yield resource(path, kind, tags=tags) | state


def _vault() -> Body:
    body = resource(VAULT, "Microsoft.KeyVault/vaults", tags=PHI_TAGS)
    return body | {
        "properties": {
            "sku": {"family": "A", "name": "premium"},
            "tenantId": TENANT,
            "accessPolicies": [],
            "enabledForDiskEncryption": True,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 90,
            "enableRbacAuthorization": True,
            "enablePurgeProtection": True,
            "networkAcls": {
                "bypass": "AzureServices",
                "defaultAction": "Deny",
                "ipRules": [],
                "virtualNetworkRules": [],
            },
            "vaultUri": "https://lakeside-keys.vault.azure.net/",
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Enabled",
        }
    }


def _workspace() -> Body:
    body = resource(WORKSPACE, "Microsoft.OperationalInsights/workspaces")
    return body | {
        "properties": {
            "customerId": "0e3c8a52-94a1-4a2f-9d0b-5b7e3f6a1c20",
            "provisioningState": "Succeeded",
            "sku": {"name": "PerGB2018"},
            "retentionInDays": 730,
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
        }
    }
