"""The api-version that each ARM type is read with; the controls were written for it."""

from collections.abc import Mapping
from typing import Final

_STORAGE: Final = "2024-01-01"
_COMPUTE_DISKS: Final = "2024-03-02"
_NETWORK: Final = "2024-05-01"
# An older version does not show which types of records a flow log leaves out.
_FLOW_LOGS: Final = "2025-07-01"
_SQL: Final = "2023-08-01"
_SQL_PERIMETERS: Final = "2025-01-01"
# Every older control-plane version retires on 27 February 2027:
# https://learn.microsoft.com/azure/key-vault/general/access-control-default
_KEY_VAULT: Final = "2026-02-01"
# Only preview versions have perimeters. If ARM refuses this version, their state is unknown.
_KEY_VAULT_PERIMETERS: Final = "2024-04-01-preview"
# As of Key Vault: only preview versions have perimeters.
_COSMOS_PERIMETERS: Final = "2024-12-01-preview"
_INSIGHTS_SETTINGS: Final = "2021-05-01-preview"
_POLICY: Final = "2025-03-01"
_WORKSPACES: Final = "2023-09-01"
_EVENT_GRID: Final = "2025-02-15"

API_VERSIONS: Final[Mapping[str, str]] = {
    "microsoft.resources/subscriptions": "2022-12-01",
    "microsoft.resources/subscriptions/resourcegroups": "2024-03-01",
    "microsoft.resources/tenants": "2022-12-01",
    "microsoft.resources/tags": "2024-03-01",
    "microsoft.resources/changes": "2022-05-01",
    "microsoft.storage/storageaccounts": _STORAGE,
    "microsoft.storage/storageaccounts/blobservices": _STORAGE,
    "microsoft.storage/storageaccounts/blobservices/containers": _STORAGE,
    "microsoft.storage/storageaccounts/fileservices": _STORAGE,
    "microsoft.storage/storageaccounts/fileservices/shares": _STORAGE,
    "microsoft.storage/storageaccounts/queueservices": _STORAGE,
    "microsoft.storage/storageaccounts/queueservices/queues": _STORAGE,
    "microsoft.storage/storageaccounts/tableservices": _STORAGE,
    "microsoft.storage/storageaccounts/tableservices/tables": _STORAGE,
    "microsoft.storage/storageaccounts/encryptionscopes": _STORAGE,
    "microsoft.storage/storageaccounts/managementpolicies": _STORAGE,
    "microsoft.storage/storageaccounts/networksecurityperimeterconfigurations": _STORAGE,
    "microsoft.compute/disks": _COMPUTE_DISKS,
    "microsoft.compute/snapshots": _COMPUTE_DISKS,
    "microsoft.compute/diskencryptionsets": _COMPUTE_DISKS,
    "microsoft.compute/diskaccesses": _COMPUTE_DISKS,
    "microsoft.compute/images": "2024-07-01",
    "microsoft.compute/virtualmachines": "2024-07-01",
    "microsoft.compute/virtualmachines/extensions": "2024-07-01",
    "microsoft.compute/virtualmachinescalesets": "2024-07-01",
    "microsoft.network/networksecuritygroups": _NETWORK,
    "microsoft.network/networksecuritygroups/securityrules": _NETWORK,
    "microsoft.network/networkinterfaces": _NETWORK,
    "microsoft.network/virtualnetworks": _NETWORK,
    "microsoft.network/virtualnetworks/subnets": _NETWORK,
    "microsoft.network/applicationsecuritygroups": _NETWORK,
    "microsoft.network/publicipaddresses": _NETWORK,
    "microsoft.network/loadbalancers": _NETWORK,
    "microsoft.network/bastionhosts": _NETWORK,
    "microsoft.network/networkwatchers": _NETWORK,
    "microsoft.network/networkwatchers/flowlogs": _FLOW_LOGS,
    "microsoft.sql/managedinstances": _SQL,
    "microsoft.sql/managedinstances/administrators": _SQL,
    "microsoft.sql/managedinstances/azureadonlyauthentications": _SQL,
    "microsoft.sql/managedinstances/databases": _SQL,
    "microsoft.sql/managedinstances/databases/transparentdataencryption": _SQL,
    "microsoft.sql/managedinstances/encryptionprotector": _SQL,
    "microsoft.sql/servers": _SQL,
    "microsoft.sql/servers/administrators": _SQL,
    "microsoft.sql/servers/auditingsettings": _SQL,
    "microsoft.sql/servers/azureadonlyauthentications": _SQL,
    "microsoft.sql/servers/databases": _SQL,
    "microsoft.sql/servers/databases/auditingsettings": _SQL,
    "microsoft.sql/servers/databases/transparentdataencryption": _SQL,
    "microsoft.sql/servers/encryptionprotector": _SQL,
    "microsoft.sql/servers/extendedauditingsettings": _SQL,
    "microsoft.sql/servers/firewallrules": _SQL,
    "microsoft.sql/servers/ipv6firewallrules": _SQL,
    "microsoft.sql/servers/networksecurityperimeterconfigurations": _SQL_PERIMETERS,
    "microsoft.sql/servers/virtualnetworkrules": _SQL,
    "microsoft.keyvault/vaults": _KEY_VAULT,
    "microsoft.keyvault/vaults/keys": _KEY_VAULT,
    "microsoft.keyvault/vaults/keys/versions": _KEY_VAULT,
    "microsoft.keyvault/vaults/networksecurityperimeterconfigurations": _KEY_VAULT_PERIMETERS,
    "microsoft.keyvault/managedhsms": _KEY_VAULT,
    "microsoft.keyvault/managedhsms/keys": _KEY_VAULT,
    "microsoft.keyvault/managedhsms/keys/versions": _KEY_VAULT,
    "microsoft.aadiam/diagnosticsettings": "2017-04-01",
    "microsoft.insights/diagnosticsettings": _INSIGHTS_SETTINGS,
    "microsoft.insights/datacollectionrules": "2023-03-11",
    "microsoft.insights/activitylogalerts": "2020-10-01",
    "microsoft.insights/actiongroups": "2023-01-01",
    "microsoft.alertsmanagement/actionrules": "2021-08-08",
    "microsoft.operationalinsights/workspaces": _WORKSPACES,
    "microsoft.operationalinsights/workspaces/tables": _WORKSPACES,
    "microsoft.authorization/policyassignments": _POLICY,
    "microsoft.authorization/policydefinitions": _POLICY,
    "microsoft.authorization/policysetdefinitions": _POLICY,
    "microsoft.authorization/policyexemptions": "2022-07-01-preview",
    "microsoft.authorization/roleassignments": "2022-04-01",
    "microsoft.authorization/roledefinitions": "2022-04-01",
    "microsoft.authorization/roleeligibilityscheduleinstances": "2020-10-01",
    "microsoft.managedservices/registrationassignments": "2022-10-01",
    "microsoft.managedservices/registrationdefinitions": "2022-10-01",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.management/managementgroups": "2020-05-01",
    "microsoft.policyinsights/remediations": "2024-10-01",
    "microsoft.security/pricings": "2024-01-01",
    "microsoft.security/automations": "2023-12-01-preview",
    "microsoft.security/regulatorycompliancestandards": "2019-01-01-preview",
    "microsoft.security/securitystandards": "2024-08-01",
    "microsoft.security/standardassignments": "2024-08-01",
    "microsoft.eventgrid/systemtopics": _EVENT_GRID,
    "microsoft.eventgrid/systemtopics/eventsubscriptions": _EVENT_GRID,
    "microsoft.eventhub/namespaces": "2024-01-01",
    "microsoft.eventhub/namespaces/eventhubs": "2024-01-01",
    "microsoft.security/defenderforstoragesettings": "2025-01-01",
    "microsoft.documentdb/databaseaccounts": "2024-11-15",
    "microsoft.documentdb/databaseaccounts/networksecurityperimeterconfigurations": (
        _COSMOS_PERIMETERS
    ),
    "microsoft.dbforpostgresql/flexibleservers": "2024-08-01",
    "microsoft.dbforpostgresql/flexibleservers/configurations": "2024-08-01",
    "microsoft.dbforpostgresql/flexibleservers/firewallrules": "2024-08-01",
    "microsoft.dbformysql/flexibleservers": "2023-12-30",
    "microsoft.dbformysql/flexibleservers/configurations": "2023-12-30",
    "microsoft.dbformysql/flexibleservers/firewallrules": "2023-12-30",
    "microsoft.healthcareapis/services": "2024-03-31",
    "microsoft.healthcareapis/workspaces": "2024-03-31",
    "microsoft.healthcareapis/workspaces/fhirservices": "2024-03-31",
    "microsoft.healthcareapis/workspaces/dicomservices": "2024-03-31",
}


class UnknownType(LookupError):
    """A control reads a type without an api-version here: an error in this product, not in Azure."""


def api_version_of(resource_type: str) -> str:
    """Return the api-version a type (lower case) is read with; raise UnknownType."""
    try:
        return API_VERSIONS[resource_type]
    except KeyError:
        raise UnknownType(f"no api-version is known for {resource_type}") from None
