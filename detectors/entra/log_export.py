"""Whether the audit and sign-in logs of a tenant go to an approved workspace."""

from typing import Final

from detectors.logs import workspace_export
from detectors.logs.diagnostic_settings import ELSEWHERE, LOGS, WORKSPACE
from detectors.logs.transformations import DEFAULT_RULE, FLOWS, RULE
from detectors.logs.workspace_export import Log
from drift import ids
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

SETTINGS: Final = "microsoft.aadiam/diagnosticSettings"
"""They are at ``/providers/microsoft.aadiam``, outside of every subscription."""

_CATEGORIES: Final = {
    "AuditLogs": "changes of the directory",
    "SignInLogs": "sign-ins",
    "NonInteractiveUserSignInLogs": "non-interactive user sign-ins",
    "ServicePrincipalSignInLogs": "sign-ins of applications",
    "ManagedIdentitySignInLogs": "sign-ins of managed identities",
}
_TABLES: Final = (
    "AuditLogs",
    "SigninLogs",
    "AADNonInteractiveUserSignInLogs",
    "AADServicePrincipalSignInLogs",
    "AADManagedIdentitySignInLogs",
)
_ESSENTIAL: Final = frozenset({"AuditLogs", "SignInLogs"})

CONTROL: Final = Control(
    id="ENTRA-LOG-EXPORT",
    title="Tenant must send its audit and sign-in logs to a workspace",
    service="Microsoft Entra ID",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)", "164.308(a)(5)(ii)(C)", "164.308(a)(1)(ii)(D)"),
    why="Entra ID deletes its logs after 7 or 30 days. After that it is not possible to find out who "
    "signed in, or who weakened a policy.",
    fix="az rest --method PUT --url https://management.azure.com/providers/microsoft.aadiam/"
    "diagnosticSettings/phi-audit?api-version=2017-04-01 --body <setting>",
    watches={
        ids.TENANT: (),
        SETTINGS.lower(): (LOGS, WORKSPACE, *ELSEWHERE),
        "microsoft.operationalinsights/workspaces": ("properties.provisioningState", DEFAULT_RULE),
        RULE: (FLOWS,),
    },
    leaves_out="whether rows arrive: without a licence P1 or P2 the setting sends no sign-ins; "
    "categories about risks, provisioning and Microsoft Graph",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate all settings of the tenant together.

    Without changes of the directory or interactive sign-ins the failure is high, without another
    category medium. The category group *allLogs* holds all of them; it is not documented what
    *audit* contains here, so it is unknown. It was not confirmed in a tenant that the role Reader
    at ``/providers/Microsoft.aadiam`` is enough to read the settings; if ARM refuses, the verdict
    is unknown. The rows of the workspace are not a second witness: controls read no logs, and an
    unknown verdict has no severity that rows could lower. The runbook has the query.
    """
    log = Log(
        "",
        "tenant",
        _CATEGORIES,
        what="audit and sign-in",
        has_groups=False,
        settings=SETTINGS,
        essential=_ESSENTIAL,
        tables=_TABLES,
    )
    return workspace_export.judge(log, resource, estate)
