"""Whether an alert rule notifies somebody when the settings of a storage account are written."""

from typing import Final

from detectors.alert import activity_alert
from detectors.alert.activity_rules import ReportedOperation
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_WRITE: Final = ReportedOperation(
    "Microsoft.Storage/storageAccounts/write",
    "writes of storage accounts and their firewalls",
    "phi-storage-write",
)

CONTROL: Final = Control(
    id="ALERT-STORAGE-FIREWALL",
    title="Subscription must alert on writes of storage accounts",
    service="Alerts",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.308(a)(6)(ii)", "164.308(a)(1)(ii)(D)"),
    why="If this monitor stops, no other tool reports that the firewall of an account with PHI was opened.",
    fix="az monitor activity-log alert create --name phi-storage-write --resource-group <group> "
    "--scope /subscriptions/<id> --condition category=Administrative and "
    "operationName=Microsoft.Storage/storageAccounts/write --action-group <action group id>",
    watches=activity_alert.WATCHES,
    leaves_out=activity_alert.LEAVES_OUT,
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the alert rules; Azure has no operation of its own for a write of a firewall."""
    return activity_alert.judge(_WRITE, resource, estate)
