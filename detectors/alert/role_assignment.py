"""Whether an alert rule notifies somebody when a role is assigned."""

from typing import Final

from detectors.alert import activity_alert
from detectors.alert.activity_rules import ReportedOperation
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_WRITE: Final = ReportedOperation(
    "Microsoft.Authorization/roleAssignments/write", "role assignments", "phi-role-assignment"
)

CONTROL: Final = Control(
    id="ALERT-ROLE-ASSIGNMENT",
    title="Subscription must alert on role assignments",
    service="Alerts",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.308(a)(6)(ii)", "164.308(a)(5)(ii)(C)"),
    why="A new role can give access to PHI. If this monitor stops, no other tool reports the assignment.",
    fix="az monitor activity-log alert create --name phi-role-assignment --resource-group <group> "
    "--scope /subscriptions/<id> --condition category=Administrative and "
    "operationName=Microsoft.Authorization/roleAssignments/write --action-group <action group id>",
    watches=activity_alert.WATCHES,
    leaves_out=activity_alert.LEAVES_OUT,
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the alert rules; a removed role assignment needs no alert, because it gives nobody access."""
    return activity_alert.judge(_WRITE, resource, estate)
