"""Whether the activity log of a subscription goes to a workspace, which keeps it beyond 90 days."""

from typing import Final

from detectors.logs import workspace_export
from detectors.logs.workspace_export import Log
from drift import ids
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_CATEGORIES: Final = {
    "Administrative": "writes",
    "Security": "Defender alerts",
    "Policy": "policy effects",
}

CONTROL: Final = Control(
    id="ACTIVITY-LOG-EXPORT",
    title="Subscription must send its activity log to a workspace",
    service="Activity log",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Azure deletes the activity log after 90 days. Then it cannot show who exposed PHI.",
    fix="az monitor diagnostic-settings subscription create --name phi-audit --location westus "
    "--workspace <workspace id> "
    """--logs '[{"category":"Administrative","enabled":true}]'""",
    watches={
        ids.SUBSCRIPTION: (),
        **workspace_export.WATCHED,
    },
    leaves_out="log profiles, which Azure retired, and the logs of Entra ID",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate all settings of the subscription together.

    The other categories (service health, recommendations, autoscale) say nothing about access to PHI.
    """
    log = Log(
        resource.id,
        "subscription",
        _CATEGORIES,
        what="activity",
        has_groups=False,
        tables=("AzureActivity",),
    )
    return workspace_export.judge(log, resource, estate)
