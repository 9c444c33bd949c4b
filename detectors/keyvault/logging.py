"""Whether every use of a key vault's keys and secrets is logged to a workspace."""

from typing import Final

from detectors.keys.vault_types import HSM, VAULT
from detectors.logs import workspace_export
from detectors.logs.workspace_export import Log
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_TABLES: Final = ("AZKVAuditLogs", "AzureDiagnostics")
_CATEGORIES: Final = {"AuditEvent": "requests"}

CONTROL: Final = Control(
    id="KEYVAULT-LOGGING",
    title="Key vault must log every use of its keys and secrets",
    service="Key Vault",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)",),
    why="Without the log you cannot tell who used the keys that encrypt PHI.",
    fix="az monitor diagnostic-settings create --name phi-audit --resource <id> "
    """--workspace <workspace id> --logs '[{"category":"AuditEvent","enabled":true}]'""",
    watches={
        VAULT: (),
        HSM: (),
        **workspace_export.WATCHED,
    },
    also_judges=(HSM,),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate AuditEvent: a setting with only other categories does not log the use of keys."""
    of = "vault" if resource.type == VAULT else "HSM"
    log = Log(resource.id, of, _CATEGORIES, tables=_TABLES)
    return workspace_export.judge(log, resource, estate)
