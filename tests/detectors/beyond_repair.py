"""Failures that no fix of the resource can repair, by name and reason; docs/repairs.md counts them."""

from collections.abc import Mapping
from typing import Any, Final

from detectors.examples import Example
from drift import ids
from drift.model import Outcome
from tests.detectors.judging import EXAMPLES

NOTHING_IN_PLACE: Final[Mapping[str, frozenset[str]]] = {
    "A key that expired, is disabled or gone, or whose vault or set is disabled or gone": frozenset(
        {
            "STORAGE-CMK-fail-the key expired",
            "STORAGE-CMK-fail-the key expired, and the vault cannot be read",
            "STORAGE-CMK-fail-the key expired, and its name is not shown",
            "DISK-CMK-fail-the set is gone",
            "DISK-CMK-fail-the key is disabled",
            "DISK-CMK-fail-the key expired",
            "DISK-CMK-fail-the key is gone",
            "DISK-CMK-fail-the vault is gone",
            "DISK-CMK-fail-the key could not be rotated",
            "DISK-CMK-fail-the key could not be rotated, and whether it is alive cannot be read",
            "DISK-CMK-fail-a confidential disk of whose two keys one is disabled",
            "DISK-CMK-fail-an image whose key is disabled",
            "SQL-CMK-fail-a database that has lost its key",
            "SQL-CMK-fail-a database that has lost its own key",
            "SQL-CMK-fail-Microsoft's key, and a database that has lost its own",
            "SQL-CMK-fail-a managed instance whose database has lost its key",
            "SQL-CMK-fail-a database that has lost its key, and the protector cannot be read",
            "COSMOS-CMK-fail-the account has lost its key",
            "COSMOS-CMK-fail-the account has lost its key, and the vault cannot be read",
        }
    ),
    "Encryption that is fixed when the account, the machine or the image is created": frozenset(
        {
            "STORAGE-CMK-fail-queues keep Microsoft's key",
            "STORAGE-CMK-fail-tables keep Microsoft's key",
            "STORAGE-CMK-fail-queues are not shown, and there is one",
            "DISK-CMK-fail-a confidential machine's disk with Microsoft's key",
            "DISK-CMK-fail-an image with Microsoft's key",
            "DISK-CMK-fail-an image made of a blob",
            "DISK-CMK-fail-an image of which one disk has Microsoft's key",
        }
    ),
    "Encryption inside a machine (Azure Disk Encryption)": frozenset(
        {
            "DISK-CMK-fail-encrypted inside the machine without a key-encryption key",
            "DISK-CMK-fail-encrypted inside the machine, and one key of two is not wrapped",
            "DISK-CMK-fail-encrypted inside the machine, one key bare and one another host's",
            "DISK-CMK-fail-encryption inside the machine was switched off",
            "VM-HOST-ENCRYPTION-fail-one disk of two is encrypted inside the machine",
        }
    ),
    "Disks that are blobs": frozenset(
        {
            "VM-UNMANAGED-DISK-fail-the system's disk is a blob",
            "VM-UNMANAGED-DISK-fail-a data disk is a blob",
            "VM-UNMANAGED-DISK-fail-all disks are blobs",
            "VM-UNMANAGED-DISK-fail-a disk is a blob, and of another nothing is shown",
        }
    ),
    "An account whose protocol demands plain HTTP (NFS 3.0)": frozenset(
        {"STORAGE-TLS-fail-NFS 3.0 demands plain HTTP"}
    ),
    "A network security perimeter that allows unapproved sources": frozenset(
        {
            "STORAGE-FIREWALL-fail-a perimeter that enforces and lets the world in",
            "STORAGE-FIREWALL-fail-a perimeter that enforces and lets in another subscription",
            "STORAGE-FIREWALL-fail-a perimeter that enforces and lets in a service tag",
            "STORAGE-FIREWALL-fail-a perimeter that lets in unapproved addresses beside an invalid prefix",
            (
                "STORAGE-FIREWALL-fail-public access is off, and a perimeter that enforces lets the "
                "world in"
            ),
            "STORAGE-FIREWALL-fail-the firewall denies, and a perimeter in learning lets the world in",
            (
                "KEYVAULT-NETWORK-fail-public access is off, and a perimeter that enforces lets the "
                "world in"
            ),
            "KEYVAULT-NETWORK-fail-the firewall denies, and a perimeter in learning lets the world in",
            (
                "SQL-PUBLIC-ACCESS-fail-public access is off, and a perimeter that enforces lets the "
                "world in"
            ),
            "KEYVAULT-NETWORK-fail-a perimeter that enforces and lets the world in",
            "SQL-PUBLIC-ACCESS-fail-a perimeter that enforces and lets the world in",
            "COSMOS-NETWORK-fail-a perimeter that enforces and lets in an address that is not approved",
        }
    ),
    "Premium file shares, which may be mounted by NFS 4.1": frozenset(
        {"STORAGE-TLS-fail-premium file shares, which NFS 4.1 may use, over plain HTTP"}
    ),
    "A resource that another service manages": frozenset(
        {
            "DISK-CMK-fail-the disk of an AKS node, with Microsoft's key",
            "DISK-CMK-fail-the disk of an instance of a scale set, with Microsoft's key",
            "DISK-CMK-fail-a disk in a group that Databricks manages, with Microsoft's key",
            "NSG-ADMIN-PORTS-fail-in a group that Databricks manages",
            "DISK-PUBLIC-EXPORT-fail-the disk of an AKS node, with both locks open",
            "VM-HOST-ENCRYPTION-fail-the scale set of AKS nodes with host encryption off",
        }
    ),
    "A predicate that narrows the audit of a server": frozenset(
        {"SQL-AUDITING-fail-a predicate drops the records of all people but one"}
    ),
    "A machine behind a load balancer or a gateway": frozenset(
        {
            "VM-PUBLIC-IP-fail-behind a public load balancer",
            "VM-PUBLIC-IP-fail-behind a load balancer whose public addresses are a prefix",
            "VM-PUBLIC-IP-fail-behind a public load balancer, by a rule for several pools",
            "VM-PUBLIC-IP-fail-SSH is forwarded to it",
            "VM-PUBLIC-IP-fail-ports are forwarded to its whole pool",
            "VM-PUBLIC-IP-fail-SSH is forwarded to a jumpbox",
            "VM-PUBLIC-IP-fail-behind a public load balancer and an application gateway",
            "VM-PUBLIC-IP-fail-behind a public load balancer that names its address",
            "VM-PUBLIC-IP-fail-behind a public load balancer that names its address and its subnet",
            "VM-PUBLIC-IP-fail-behind a public load balancer that names its address in the pool's network",
            "VM-PUBLIC-IP-fail-a jumpbox behind a public load balancer that names its address",
        }
    ),
    "A network that no Bastion host serves": frozenset(
        {
            "BASTION-fail-no host at all",
            "BASTION-fail-a host in a network that is none of its peers",
            "BASTION-fail-a Developer host",
            "BASTION-fail-a Developer host in a peered network",
            "BASTION-fail-a host that failed",
            "BASTION-fail-a peering that only this side has",
            "BASTION-fail-a peering that the other side has no more",
            "BASTION-fail-a peering that lets no traffic through",
            "BASTION-fail-a peered network that is gone",
        }
    ),
    "A Cosmos DB account whose interface knows account keys only": frozenset(
        {
            "COSMOS-LOCAL-AUTH-fail-MongoDB by its kind",
            "COSMOS-LOCAL-AUTH-fail-MongoDB by its capability",
            "COSMOS-LOCAL-AUTH-fail-Cassandra",
            "COSMOS-LOCAL-AUTH-fail-Gremlin",
            "COSMOS-LOCAL-AUTH-fail-Table",
        }
    ),
    "A service that accepts the tokens of an issuer outside Entra ID": frozenset(
        {"FHIR-NETWORK-fail-tokens of another issuer"}
    ),
    "A database server without an Entra administrator": frozenset(
        {
            "SQL-ENTRA-ONLY-fail-there is no Entra admin",
            "SQL-ENTRA-ONLY-fail-the server itself shows an admin without an id",
            "SQL-ENTRA-ONLY-fail-there is neither a setting nor an Entra admin",
            "SQL-ENTRA-ONLY-fail-a managed instance without an Entra admin",
        }
    ),
    "A subscription for whose logs no workspace is known": frozenset(
        {
            "DEFENDER-EXPORT-fail-no export, and no workspace is known",
            "ALERT-STORAGE-FIREWALL-fail-no rule, and no workspace is known",
            "ALERT-ROLE-ASSIGNMENT-fail-no rule, and no workspace is known",
        }
    ),
    "A subscription on which no approved principal is Owner": frozenset(
        {"ROLE-PRIVILEGED-ASSIGNMENT-fail-monitor.toml approves nobody"}
    ),
    "A role that somebody is eligible for, or that another tenant holds by a delegation": frozenset(
        {
            "ROLE-PRIVILEGED-ASSIGNMENT-fail-a user is eligible for Owner",
            "ROLE-PRIVILEGED-ASSIGNMENT-fail-another tenant is Contributor by a delegation",
            "ROLE-PRIVILEGED-ASSIGNMENT-fail-another tenant is eligible for Contributor by a delegation",
        }
    ),
    "A compliance standard that Defender for Cloud exempts or cannot assess": frozenset(
        {
            "DEFENDER-COMPLIANCE-STANDARD-fail-Defender for Cloud exempts the subscription",
            "DEFENDER-COMPLIANCE-STANDARD-fail-it assesses nothing",
        }
    ),
    "A network whose region has no network watcher": frozenset(
        {"FLOW-LOGS-fail-no watcher in the region"}
    ),
    "An evidence container whose retention policy is not locked, too short, or refuses appends": frozenset(
        {
            "EVIDENCE-IMMUTABILITY-fail-no policy",
            "EVIDENCE-IMMUTABILITY-fail-only a legal hold",
            "EVIDENCE-IMMUTABILITY-fail-the policy is not locked",
            "EVIDENCE-IMMUTABILITY-fail-locked for a year",
            "EVIDENCE-IMMUTABILITY-fail-one day less than six years",
            "EVIDENCE-IMMUTABILITY-fail-the container is gone",
            "EVIDENCE-IMMUTABILITY-fail-a locked policy that refuses appends",
            "EVIDENCE-IMMUTABILITY-fail-a policy that refuses appends and is not locked",
        }
    ),
    "Resources that opted out of a Defender plan": frozenset(
        {
            "DEFENDER-PLANS-fail-some machines have opted out",
            "DEFENDER-PLANS-fail-no account is covered",
        }
    ),
    "Accounts, drills and the procedure of emergency access, which monitor.toml must name": frozenset(
        {
            "BREAK-GLASS-fail-monitor.toml names no account",
            "BREAK-GLASS-fail-one account alone",
            "BREAK-GLASS-fail-an account does not exist",
            "BREAK-GLASS-fail-an account is synchronized from on premises",
            "BREAK-GLASS-fail-an account has a domain of its own",
            "BREAK-GLASS-fail-the last drill is too long ago",
            "BREAK-GLASS-fail-no drill is known, and the next one does not count",
            "BREAK-GLASS-fail-the runbook has expired",
            "BREAK-GLASS-fail-no runbook is named",
        }
    ),
    "A topic of the monitor that is gone or failed, or an app whose id is not known": frozenset(
        {
            "MONITOR-SELF-fail-there is no topic of changes",
            "MONITOR-SELF-fail-there is nothing",
            "MONITOR-SELF-fail-the last change of its topic failed",
            "MONITOR-SELF-fail-the name of the app is known, and another is called",
            "MONITOR-SELF-fail-the app is not known, and one of its event subscriptions is gone",
        }
    ),
    "A policy assignment without an identity": frozenset({"POLICY-REMEDIATION-fail-no identity"}),
}

STILL_UNKNOWN: Final = frozenset(
    {
        "SQL-CMK-fail-Microsoft's key on a managed instance, and its databases cannot be listed",
        "SQL-PUBLIC-ACCESS-fail-an address that is not approved beside a range that is none",
        "SQL-PUBLIC-ACCESS-fail-all of Azure, and the subnets cannot be read",
        "SQL-AUDITING-fail-off, and the diagnostic settings cannot be read",
        "SQL-AUDITING-fail-statements are not audited, and the settings cannot be read",
        "KEYVAULT-PROTECTION-fail-purge protection is off, and soft delete is not a boolean",
        "KEYVAULT-NETWORK-fail-an address that is not approved beside one that is none",
        "COSMOS-NETWORK-fail-an address that is not approved beside one that is none",
        "NSG-ADMIN-PORTS-fail-from inside, beside an interface that cannot be read",
        "NSG-ADMIN-PORTS-fail-to a machine whose interface cannot be read",
        "NSG-ADMIN-PORTS-fail-to a machine whose own group cannot be read",
        "STORAGE-FIREWALL-fail-an address that is not approved beside one that is none",
        "STORAGE-FIREWALL-fail-a subnet that is not approved beside a rule in a state of a later day",
        "STORAGE-FIREWALL-fail-every resource of a kind beside a rule that names none",
        "STORAGE-FIREWALL-fail-the default lets in, and a rule is not understood",
        "STORAGE-FIREWALL-fail-an address that is not approved, and an exception we do not know",
        "STORAGE-FIREWALL-fail-a wildcard, while the tenant cannot be read",
        "STORAGE-FIREWALL-fail-the firewall is open, and the perimeters cannot be read",
        "STORAGE-TLS-fail-TLS 1.0, and secure transfer is not shown",
        "STORAGE-SHARED-KEY-fail-account keys are accepted, and SFTP is not shown",
        "STORAGE-CMK-fail-a scope with Microsoft's key, and the list is refused besides",
        "STORAGE-CMK-fail-a scope with Microsoft's key, and the account's own is not shown",
        "STORAGE-CMK-fail-a scope with Microsoft's key, and the account's own is not at a vault",
        "STORAGE-LOGGING-fail-blobs are not logged, and the settings of queues cannot be read",
        "STORAGE-LOGGING-fail-reads are not logged, and the workspace cannot be read",
        "STORAGE-RECOVERY-fail-blobs are not kept, and versioning is not a boolean",
        "VM-PUBLIC-IP-fail-a public address, and another interface cannot be read",
        "POLICY-EXEMPTION-fail-one never expires, and the part of another cannot be read",
        "POLICY-REMEDIATION-fail-no task, and whether another database complies is not known",
        "ROLE-PRIVILEGED-ASSIGNMENT-fail-an unapproved user, and the role of another cannot be read",
        "WORKSPACE-RETENTION-fail-a daily cap, and the tables cannot be read",
        "FLOW-LOGS-fail-a filter, and the workspace cannot be read",
        "EVIDENCE-IMMUTABILITY-fail-account keys are accepted, and the container cannot be read",
        "DEFENDER-PLANS-fail-a plan is off, and the tier of another is not known",
    }
)
"""Failures next to an unreadable property: after the fix, only that property decides the verdict."""

NO_LONGER_CONCERNED: Final = frozenset({"NSG-COVERAGE-fail-a gateway behind a group"})
"""Without its security group, the control does not apply to the subnet."""

_KEPT_ELSEWHERE: Final = (
    "microsoft.keyvault/",
    "microsoft.compute/diskencryptionsets",
    "microsoft.operationalinsights/workspaces",
    "microsoft.insights/actiongroups",
)
_WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
_SET: Final = "microsoft.compute/diskencryptionsets"


def chosen_by_a_person(example: Example) -> tuple[dict[str, str], dict[str, Any]]:
    """Return a person's value for each placeholder, and the resources that it names.

    They are those of the control's first example of a pass.
    """
    things = {
        name: body
        for name, body in _passing(example).related.items()
        if ids.type_of(name).startswith(_KEPT_ELSEWHERE)
    }
    return {
        "<WORKSPACE_RESOURCE_ID>": _first(things, _WORKSPACE),
        "<DISK_ENCRYPTION_SET_ID>": _first(things, _SET),
        "<NETWORK_SECURITY_GROUP_ID>": (
            f"{ids.group_of(example.resource.id)}"
            "/providers/Microsoft.Network/networkSecurityGroups/chosen"
        ),
        "<ACTION_GROUP_ID>": _first(things, "microsoft.insights/actiongroups"),
        "<REVIEWER_OBJECT_ID>": "3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e51",
        "<STORAGE_ACCOUNT_ID>": (
            f"{ids.group_of(example.resource.id)}/providers/Microsoft.Storage/storageAccounts/chosen"
        ),
        "<LOCATION>": "eastus",
        "<KEY_VAULT_URI>": "https://clinic-keys.vault.azure.net/",
        "<KEY_NAME>": "phi-storage",
        "<KEY_URI>": "https://clinic-keys.vault.azure.net/keys/phi-sql/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    }, things


def _passing(example: Example) -> Example:
    return next(
        each
        for each in EXAMPLES
        if each.outcome is Outcome.PASS and each.detector is example.detector
    )


def _first(things: Mapping[str, Any], kind: str) -> str:
    return next((name for name in things if ids.type_of(name) == kind), "")
