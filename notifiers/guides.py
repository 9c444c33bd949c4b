"""Where Microsoft explains the setting that a control evaluates, and how to change it."""

from typing import Final

_LEARN: Final = "https://learn.microsoft.com/"

_AZURE: Final = {
    "ACTIVITY-LOG-EXPORT": "azure-monitor/essentials/activity-log",
    "ALERT-ROLE-ASSIGNMENT": "azure-monitor/alerts/alerts-create-activity-log-alert-rule",
    "ALERT-STORAGE-FIREWALL": "azure-monitor/alerts/alerts-create-activity-log-alert-rule",
    "BASTION": "bastion/bastion-overview",
    "COSMOS-BACKUP": "cosmos-db/online-backup-and-restore",
    "COSMOS-CMK": "cosmos-db/how-to-setup-customer-managed-keys",
    "COSMOS-LOCAL-AUTH": "cosmos-db/how-to-setup-rbac",
    "COSMOS-LOGGING": "cosmos-db/monitor-resource-logs",
    "COSMOS-NETWORK": "cosmos-db/how-to-configure-firewall",
    "DEFENDER-COMPLIANCE-STANDARD": "defender-for-cloud/update-regulatory-compliance-packages",
    "DEFENDER-EXPORT": "defender-for-cloud/continuous-export",
    "DEFENDER-PLANS": "defender-for-cloud/connect-azure-subscription",
    "DISK-CMK": "virtual-machines/disk-encryption",
    "DISK-PUBLIC-EXPORT": "virtual-machines/disks-restrict-import-export-overview",
    "EVIDENCE-IMMUTABILITY": "storage/blobs/immutable-storage-overview",
    "FHIR-CMK": "healthcare-apis/fhir/configure-customer-managed-keys",
    "FHIR-LOGGING": "healthcare-apis/logging",
    "FHIR-NETWORK": "healthcare-apis/healthcare-apis-configure-private-link",
    "FLOW-LOGS": "network-watcher/vnet-flow-logs-overview",
    "KEYVAULT-LOGGING": "key-vault/general/logging",
    "KEYVAULT-NETWORK": "key-vault/general/network-security",
    "KEYVAULT-PROTECTION": "key-vault/general/soft-delete-overview",
    "MONITOR-BLIND": "role-based-access-control/role-assignments-portal",
    "MONITOR-SELF": "event-grid/subscribe-through-portal",
    "NSG-ADMIN-PORTS": "virtual-network/network-security-groups-overview",
    "NSG-COVERAGE": "virtual-network/manage-network-security-group",
    "PHI-TAG": "azure-resource-manager/management/tag-resources",
    "POLICY-ENCRYPTION-INITIATIVE": "governance/policy/concepts/assignment-structure",
    "POLICY-EXEMPTION": "governance/policy/concepts/exemption-structure",
    "POLICY-REMEDIATION": "governance/policy/how-to/remediate-resources",
    "ROLE-PRIVILEGED-ASSIGNMENT": "role-based-access-control/role-assignments-remove",
    "SQL-AUDITING": "azure-sql/database/auditing-overview",
    "SQL-CMK": "azure-sql/database/transparent-data-encryption-byok-overview",
    "SQL-ENTRA-ONLY": "azure-sql/database/authentication-azure-ad-only-authentication",
    "SQL-PUBLIC-ACCESS": "azure-sql/database/firewall-configure",
    "SQL-TDE": "azure-sql/database/transparent-data-encryption-tde-overview",
    "SQL-TLS": "azure-sql/database/connectivity-settings",
    "STORAGE-CMK": "storage/common/customer-managed-keys-overview",
    "STORAGE-FIREWALL": "storage/common/storage-network-security",
    "STORAGE-LOGGING": "storage/blobs/monitor-blob-storage",
    "STORAGE-PUBLIC-ACCESS": "storage/blobs/anonymous-read-access-prevent",
    "STORAGE-RECOVERY": "storage/blobs/data-protection-overview",
    "STORAGE-SHARED-KEY": "storage/common/shared-key-authorization-prevent",
    "STORAGE-TLS": "storage/common/transport-layer-security-configure-minimum-version",
    "VM-HOST-ENCRYPTION": "virtual-machines/disks-enable-host-based-encryption-portal",
    "VM-PUBLIC-IP": "virtual-network/ip-services/remove-public-ip-address-vm",
    "VM-UNMANAGED-DISK": "virtual-machines/unmanaged-disks-deprecation",
    "WORKSPACE-AUDIT": "azure-monitor/logs/query-audit",
    "WORKSPACE-RETENTION": "azure-monitor/logs/data-retention-configure",
}

_ENTRA: Final = {
    "ACCESS-REVIEW": "id-governance/access-reviews-overview",
    "BREAK-GLASS": "identity/role-based-access-control/security-emergency-access",
    "CA-ADMIN-MFA": "identity/conditional-access/policy-old-require-mfa-admin",
    "CA-PHI-APPS-MFA": "identity/conditional-access/concept-conditional-access-cloud-apps",
    "ENTRA-LOG-EXPORT": "identity/monitoring-health/howto-configure-diagnostic-settings",
}


def guide_of(control_id: str) -> str:
    """Return the address of the guide, "" if there is none."""
    for product, pages in (("azure", _AZURE), ("entra", _ENTRA)):
        if page := pages.get(control_id):
            return f"{_LEARN}{product}/{page}"
    return ""
