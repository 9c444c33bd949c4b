"""Whether the queries of a workspace are logged: they show who read the audit logs."""

from dataclasses import replace
from typing import Final

from detectors.evidence import check_properties
from detectors.logs import workspace_export
from detectors.logs.workspace_export import Log
from detectors.workspace.retention import WORKSPACE as KIND
from detectors.workspace.retention import is_approved
from drift.estate import Estate
from drift.model import Control, Outcome, Resource, Severity, Verdict

CONTROL: Final = Control(
    id="WORKSPACE-AUDIT",
    title="Workspace must log who queried it",
    service="Log Analytics",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Audit logs name patients' files and users. Without this log it is unknown who read them.",
    fix="az monitor diagnostic-settings create --name phi-audit --resource <id> "
    "--workspace <workspace id> "
    """--logs '[{"category":"Audit","enabled":true}]'""",
    watches={
        KIND: (),
        **workspace_export.WATCHED,
    },
    leaves_out="queries of alert rules and between services, which Azure does not log",
)

_NOT_LOGGED: Final = "Azure logs the queries of users, not those of alert rules and services."


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate all settings of an approved workspace together; it may log to itself.

    It is not confirmed for workspaces that the category group ``audit`` contains the category. All
    other services put their category of that name in the group, so it counts.
    https://learn.microsoft.com/azure/azure-monitor/logs/query-audit
    """
    check_properties(resource)
    if not is_approved(resource, estate):
        return Verdict(Outcome.NOT_APPLICABLE, "The workspace is not approved for audit logs.")
    log = Log(resource.id, "workspace", {"Audit": "queries"}, tables=("LAQueryLogs",))
    verdict = workspace_export.judge(log, resource, estate)
    if verdict.outcome is Outcome.PASS:
        return replace(verdict, reason=f"{verdict.reason} {_NOT_LOGGED}")
    return replace(verdict, severity=None)
