"""The clinic's machine: encrypted at host, with disks under a customer-managed key."""

from collections.abc import Iterator

from sandbox.clinic.ids import (
    DATA_DISK,
    DISK_KEY,
    ENCRYPTION_SET,
    INTERFACE,
    MACHINE,
    PHI_TAGS,
    SNAPSHOT,
    SYSTEM_DISK,
    VAULT,
    resource,
)
from sandbox.core.documents import PLACED, Body
from sandbox.core.people import TENANT
from sandbox.providers.compute_rules import fill_disk


def compute() -> Iterator[Body]:
    """Yield a machine, its disks, a snapshot of one, and the key that they are encrypted with."""
    yield _machine()
    yield _disk(SYSTEM_DISK, {"createOption": "FromImage"}) | {"managedBy": MACHINE}
    yield _disk(DATA_DISK, {"createOption": "Empty"}) | {"managedBy": MACHINE}
    yield _disk(SNAPSHOT, {"createOption": "Copy", "sourceResourceId": DATA_DISK})
    yield _encryption_set()
    yield _key()


def _machine() -> Body:
    body = resource(MACHINE, "Microsoft.Compute/virtualMachines", tags=PHI_TAGS)
    system = {"osType": "Linux", "createOption": "FromImage", "caching": "ReadWrite"}
    data = {"lun": 0, "createOption": "Attach", "caching": "None"}
    return body | {
        "properties": {
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": "Standard_D4s_v5"},
            "storageProfile": {
                "osDisk": system | {"name": "vm-ehr-os", "managedDisk": {"id": SYSTEM_DISK}},
                "dataDisks": [data | {"name": "vm-ehr-data", "managedDisk": {"id": DATA_DISK}}],
            },
            "securityProfile": {"encryptionAtHost": True, "securityType": "TrustedLaunch"},
            "networkProfile": {
                "networkInterfaces": [{"id": INTERFACE, "properties": {"primary": True}}]
            },
        }
    }


def _disk(path: str, creation: Body) -> Body:
    kind = path.split("/")[-2]
    body = resource(path, f"Microsoft.Compute/{kind}")
    properties = {
        "creationData": creation,
        "diskState": "Attached" if kind == "disks" else "Unattached",
        "encryption": {
            "type": "EncryptionAtRestWithCustomerKey",
            "diskEncryptionSetId": ENCRYPTION_SET,
        },
        "networkAccessPolicy": "DenyAll",
        "publicNetworkAccess": "Disabled",
    }
    return fill_disk(body | {"properties": properties}, None, PLACED)


def _encryption_set() -> Body:
    name, version = DISK_KEY.split("/")[-3::2]
    body = resource(ENCRYPTION_SET, "Microsoft.Compute/diskEncryptionSets")
    return body | {
        "identity": {"type": "SystemAssigned", "tenantId": TENANT},
        "properties": {
            "provisioningState": "Succeeded",
            "encryptionType": "EncryptionAtRestWithCustomerKey",
            "activeKey": {
                "sourceVault": {"id": VAULT},
                "keyUrl": f"https://lakeside-keys.vault.azure.net/keys/{name}/{version}",
            },
            "rotationToLatestKeyVersionEnabled": True,
        },
    }


def _key() -> Body:
    """Return the version of a key as ARM shows it: its permitted operations, not its content."""
    kind = "Microsoft.KeyVault/vaults/keys/versions"
    attributes = {"enabled": True, "created": 1577836800, "recoveryLevel": "Recoverable"}
    return {
        "id": DISK_KEY,
        "name": DISK_KEY.rpartition("/")[2],
        "type": kind,
        "properties": {"attributes": attributes, "kty": "RSA", "keySize": 3072},
    }
