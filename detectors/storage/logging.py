"""Every read, write and delete of PHI in a storage account is logged where it can be searched."""

from functools import partial
from typing import Final

from detectors.facets import weakest
from detectors.logs import workspace_export
from detectors.logs.diagnostic_settings import ELSEWHERE, LOGS, WORKSPACE
from detectors.logs.workspace_export import Log
from detectors.storage.accounts import ACCOUNT, services
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_CATEGORIES: Final = {"StorageRead": "reads", "StorageWrite": "writes", "StorageDelete": "deletes"}

CONTROL: Final = Control(
    id="STORAGE-LOGGING",
    title="Storage account logs who reads, writes and deletes",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Without the log nobody can tell whether PHI was read through a hole, so that it is presumed.",
    fix="az monitor diagnostic-settings create --name phi-audit "
    "--resource <id>/blobServices/default --workspace <workspace id> "
    """--logs '[{"categoryGroup":"audit","enabled":true}]'""",
    watches={
        ACCOUNT: ("kind", "sku.name"),
        "microsoft.insights/diagnosticsettings": (LOGS, WORKSPACE, *ELSEWHERE),
        "microsoft.operationalinsights/workspaces": ("properties.provisioningState",),
    },
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge each service of the account; a setting on the account itself carries metrics only."""
    facets = [partial(_service, each) for each in services(resource)]
    return weakest(CONTROL, facets, resource, estate)


def _service(service: str, account: Resource, estate: Estate) -> Verdict:
    log = Log(f"{account.id}/{service}Services/default", service, _CATEGORIES)
    return workspace_export.judge(log, account, estate)
