"""Whether every access to a FHIR or DICOM service is logged to a workspace."""

from typing import Final

from detectors.healthcare.services import DICOM, FHIR, FORMER, called
from detectors.logs import workspace_export
from detectors.logs.workspace_export import Log
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_TABLES: Final = ("MicrosoftHealthcareApisAuditLogs", "AHDSDicomAuditLogs", "AzureDiagnostics")
_CATEGORIES: Final = {"AuditLogs": "requests"}

CONTROL: Final = Control(
    id="FHIR-LOGGING",
    title="FHIR or DICOM service must log every access",
    service="Healthcare APIs",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)",),
    why="Without the log you cannot tell who read which health records, so a breach is presumed.",
    fix="az monitor diagnostic-settings create --name phi-audit --resource <id> "
    """--workspace <workspace id> --logs '[{"category":"AuditLogs","enabled":true}]'""",
    watches={
        FHIR: (),
        DICOM: (),
        FORMER: (),
        **workspace_export.WATCHED,
    },
    also_judges=(DICOM, FORMER),
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate AuditLogs; other logs of DICOM and of the former service are not required."""
    log = Log(resource.id, called(resource), _CATEGORIES, tables=_TABLES)
    return workspace_export.judge(log, resource, estate)
