"""The ids of the clinic's resources, and the common parts of their bodies."""

from typing import Final

from sandbox.core.documents import Body

SUBSCRIPTION: Final = "6b1f0c5e-3d1a-4a57-9c1e-8f2d4b7a9e10"
_SUB: Final = f"/subscriptions/{SUBSCRIPTION}"
DATA: Final = f"{_SUB}/resourceGroups/clinic-data"
NETWORK: Final = f"{_SUB}/resourceGroups/clinic-network"
OPERATIONS: Final = f"{_SUB}/resourceGroups/clinic-operations"

_STORAGE: Final = "providers/Microsoft.Storage/storageAccounts"
RECORDS: Final = f"{DATA}/{_STORAGE}/lakesiderecords"
IMAGING: Final = f"{DATA}/{_STORAGE}/lakesideimaging"
INTAKE: Final = f"{DATA}/{_STORAGE}/lakesideintake"
WEBSITE: Final = f"{OPERATIONS}/{_STORAGE}/lakesidewebsite"
VAULT: Final = f"{DATA}/providers/Microsoft.KeyVault/vaults/lakeside-keys"
SQL: Final = f"{DATA}/providers/Microsoft.Sql/servers/lakeside-sql"
COSMOS: Final = f"{DATA}/providers/Microsoft.DocumentDB/databaseAccounts/lakeside-visits"
HEALTH: Final = f"{DATA}/providers/Microsoft.HealthcareApis/workspaces/lakeside"
FHIR: Final = f"{HEALTH}/fhirservices/records"
MONITOR_APP: Final = f"{OPERATIONS}/providers/Microsoft.Web/sites/lakeside-monitor"
WORKSPACE: Final = f"{OPERATIONS}/providers/Microsoft.OperationalInsights/workspaces/lakeside-logs"

_NETWORK: Final = f"{NETWORK}/providers/Microsoft.Network"
APP_GROUP: Final = f"{_NETWORK}/networkSecurityGroups/nsg-app"
DATA_GROUP: Final = f"{_NETWORK}/networkSecurityGroups/nsg-data"
VNET: Final = f"{_NETWORK}/virtualNetworks/vnet-clinic"
INTERFACE: Final = f"{_NETWORK}/networkInterfaces/nic-ehr"
APP_INTERFACE: Final = f"{_NETWORK}/networkInterfaces/nic-app"
BASTION: Final = f"{_NETWORK}/bastionHosts/bas-clinic"
WATCHER: Final = f"{_NETWORK}/networkWatchers/NetworkWatcher_eastus"
FLOW_LOG: Final = f"{WATCHER}/flowLogs/vnet-clinic-flows"
APP_ADDRESS: Final = f"{_NETWORK}/publicIPAddresses/pip-app"
BASTION_ADDRESS: Final = f"{_NETWORK}/publicIPAddresses/pip-bastion"

_COMPUTE: Final = f"{DATA}/providers/Microsoft.Compute"
MACHINE: Final = f"{_COMPUTE}/virtualMachines/vm-ehr"
SYSTEM_DISK: Final = f"{_COMPUTE}/disks/vm-ehr-os"
DATA_DISK: Final = f"{_COMPUTE}/disks/vm-ehr-data"
SNAPSHOT: Final = f"{_COMPUTE}/snapshots/vm-ehr-data-nightly"
ENCRYPTION_SET: Final = f"{_COMPUTE}/diskEncryptionSets/lakeside-disks"
DISK_KEY: Final = f"{VAULT}/keys/disks/versions/4f9a1c7e2b8d4e6fa0b3c5d7e9f12345"

PHI_TAGS: Final = {"dataClassification": "phi", "owner": "health-records"}


def resource(path: str, type_name: str, *, tags: dict[str, str] | None = None) -> Body:
    """Return the common part of a resource, without properties."""
    return {
        "id": path,
        "name": path.rpartition("/")[2],
        "type": type_name,
        "location": "eastus",
        "tags": tags or {},
    }


def access_log(target: str, *categories: str, metrics: str = "AllMetrics") -> Body:
    """Return the setting that sends these categories of a target's log to the clinic's workspace."""
    name = "phi-access-log"
    kept = {"retentionPolicy": {"enabled": False, "days": 0}}
    return {
        "id": f"{target}/providers/microsoft.insights/diagnosticSettings/{name}".lower(),
        "type": "Microsoft.Insights/diagnosticSettings",
        "name": name,
        "location": None,
        "kind": None,
        "tags": None,
        "identity": None,
        "properties": {
            "storageAccountId": None,
            "serviceBusRuleId": None,
            "workspaceId": WORKSPACE,
            "eventHubAuthorizationRuleId": None,
            "eventHubName": None,
            "metrics": [{"category": metrics, "enabled": False, **kept}],
            "logs": [
                {"category": each, "categoryGroup": None, "enabled": True, **kept}
                for each in categories
            ],
            "logAnalyticsDestinationType": None,
        },
    }
