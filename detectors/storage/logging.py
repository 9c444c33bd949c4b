"""Whether every read, write and delete in a storage account is logged to a workspace."""

from functools import partial
from typing import Final

from detectors.facets import weakest
from detectors.logs import workspace_export
from detectors.logs.workspace_export import Log
from detectors.storage.accounts import ACCOUNT, services
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_CATEGORIES: Final = {"StorageRead": "reads", "StorageWrite": "writes", "StorageDelete": "deletes"}

CONTROL: Final = Control(
    id="STORAGE-LOGGING",
    title="Storage account must log reads, writes and deletes",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Without the log you cannot prove that PHI was not accessed, so a breach is presumed.",
    fix="az monitor diagnostic-settings create --name phi-audit "
    "--resource <id>/blobServices/default --workspace <workspace id> "
    """--logs '[{"categoryGroup":"audit","enabled":true}]'""",
    watches={
        ACCOUNT: ("kind", "sku.name"),
        **workspace_export.WATCHED,
    },
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate each service of the account; a setting on the account itself holds metrics only."""
    facets = [partial(_service, each) for each in services(resource)]
    return weakest(CONTROL, facets, resource, estate)


def _service(service: str, account: Resource, estate: Estate) -> Verdict:
    tables = (f"Storage{service.capitalize()}Logs",)
    log = Log(f"{account.id}/{service}Services/default", service, _CATEGORIES, tables=tables)
    return workspace_export.judge(log, account, estate)
