"""Every control the monitor watches. Add a module, add it here; a test insists on both."""

from typing import Final

from detectors.access import review
from detectors.activity import log_export
from detectors.alert import role_assignment, storage_firewall
from detectors.ca import admin_mfa, phi_apps_mfa
from detectors.cosmos import backup, local_auth
from detectors.cosmos import cmk as cosmos_cmk
from detectors.cosmos import logging as cosmos_logging
from detectors.cosmos import network as cosmos_network
from detectors.defender import compliance_standard, plans
from detectors.defender import export as defender_export
from detectors.disk import cmk as disk_cmk
from detectors.disk import public_export
from detectors.emergency import glass
from detectors.entra import log_export as entra_log_export
from detectors.healthcare import cmk as fhir_cmk
from detectors.healthcare import logging as fhir_logging
from detectors.healthcare import network as fhir_network
from detectors.keyvault import logging as keyvault_logging
from detectors.keyvault import network as keyvault_network
from detectors.keyvault import protection
from detectors.monitor import self as monitor_self
from detectors.network import admin_ports, bastion, coverage
from detectors.network import logs as flow_logs
from detectors.phi import tag
from detectors.policy import encryption_initiative, exemption, remediation
from detectors.role import privileged_assignment
from detectors.sql import auditing, entra_only, tde
from detectors.sql import cmk as sql_cmk
from detectors.sql import public_access as sql_public_access
from detectors.sql import tls as sql_tls
from detectors.storage import (
    cmk,
    firewall,
    immutability,
    logging,
    public_access,
    recovery,
    shared_key,
    tls,
)
from detectors.vm import host_encryption, public_ip, unmanaged_disk
from detectors.workspace import audit as workspace_audit
from detectors.workspace import retention
from drift.detector import Detectors

DETECTORS: Final[Detectors] = (
    public_access,
    firewall,
    tls,
    shared_key,
    cmk,
    logging,
    recovery,
    immutability,
    disk_cmk,
    public_export,
    host_encryption,
    public_ip,
    unmanaged_disk,
    admin_ports,
    coverage,
    bastion,
    flow_logs,
    tde,
    sql_cmk,
    sql_public_access,
    sql_tls,
    auditing,
    entra_only,
    protection,
    keyvault_network,
    keyvault_logging,
    cosmos_network,
    cosmos_cmk,
    local_auth,
    cosmos_logging,
    backup,
    fhir_network,
    fhir_cmk,
    fhir_logging,
    plans,
    defender_export,
    compliance_standard,
    log_export,
    storage_firewall,
    role_assignment,
    retention,
    workspace_audit,
    encryption_initiative,
    exemption,
    remediation,
    privileged_assignment,
    admin_mfa,
    phi_apps_mfa,
    glass,
    entra_log_export,
    review,
    tag,
    monitor_self,
)
