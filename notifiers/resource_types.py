"""The common name of a resource type: ``storage account`` for microsoft.storage/storageaccounts."""

from typing import Final

_NAMES: Final = {
    "microsoft.authorization/roleassignments": "role assignment",
    "microsoft.compute/disks": "disk",
    "microsoft.compute/images": "image",
    "microsoft.compute/snapshots": "snapshot",
    "microsoft.compute/virtualmachines": "virtual machine",
    "microsoft.compute/virtualmachinescalesets": "virtual machine scale set",
    "microsoft.documentdb/databaseaccounts": "Cosmos DB account",
    "microsoft.healthcareapis/services": "Azure API for FHIR",
    "microsoft.healthcareapis/workspaces/dicomservices": "DICOM service",
    "microsoft.healthcareapis/workspaces/fhirservices": "FHIR service",
    "microsoft.keyvault/managedhsms": "managed HSM",
    "microsoft.keyvault/vaults": "key vault",
    "microsoft.management/managementgroups": "management group",
    "microsoft.network/networksecuritygroups": "network security group",
    "microsoft.network/virtualnetworks": "virtual network",
    "microsoft.network/virtualnetworks/subnets": "subnet",
    "microsoft.operationalinsights/workspaces": "Log Analytics workspace",
    "microsoft.resources/subscriptions": "subscription",
    "microsoft.resources/subscriptions/resourcegroups": "resource group",
    "microsoft.resources/tenants": "tenant",
    "microsoft.sql/managedinstances": "SQL managed instance",
    "microsoft.sql/managedinstances/databases": "SQL database",
    "microsoft.sql/servers": "SQL server",
    "microsoft.sql/servers/databases": "SQL database",
    "microsoft.storage/storageaccounts": "storage account",
    "phidrift/breachclocks": "breach clock of incident",
    "phidrift/channels": "channel",
    "phidrift/deadletters": "dead letters of",
    "phidrift/deliveries": "delivery of events",
    "phidrift/firstcontacts": "subscription",
    "phidrift/monitors": "monitor",
    "phidrift/signins": "sign-ins of account",
    "phidrift/tests": "test message",
}

_OTHER: Final = "resource"

_PROVIDER: Final = "resource provider"
"""The name for an id that ends after its provider: a source of the monitor."""


def type_name(resource_type: str) -> str:
    """Return the name of a type in lower case except abbreviations; "resource" for an unknown type."""
    kind = resource_type.lower()
    other = _PROVIDER if kind and "/" not in kind else _OTHER
    return _NAMES.get(kind, other)
