"""Everything that the templates deploy and that has logs sends them to the workspace."""

from typing import Final

import pytest

from tests.infra.predicted import GROUP, of_type, only, resources, scope_of

HAS_LOGS: Final = {
    *("microsoft.operationalinsights/workspaces", "microsoft.keyvault/vaults"),
    *("microsoft.network/virtualnetworks", "microsoft.network/networksecuritygroups"),
    *("microsoft.network/bastionhosts", "microsoft.network/publicipaddresses"),
    *("microsoft.web/sites", "microsoft.insights/datacollectionrules"),
    *(
        f"microsoft.storage/storageaccounts/{each}services"
        for each in ("blob", "file", "queue", "table")
    ),
}
"""Types with logs. The component is not one: its tables are in the workspace."""

WITHOUT_LOGS: Final = {
    "microsoft.alertsmanagement/actionrules",
    "microsoft.authorization/policyassignments",
    "microsoft.authorization/policydefinitions",
    "microsoft.authorization/policysetdefinitions",
    "microsoft.authorization/roleassignments",
    "microsoft.authorization/roledefinitions",
    "microsoft.eventgrid/systemtopics",  # a parameter switches them on: not every region takes them
    "microsoft.eventgrid/systemtopics/eventsubscriptions",
    "microsoft.insights/actiongroups",
    "microsoft.insights/activitylogalerts",
    "microsoft.insights/components",
    "microsoft.insights/diagnosticsettings",
    "microsoft.insights/metricalerts",
    "microsoft.insights/scheduledqueryrules",
    "microsoft.insights/workbooks",
    "microsoft.keyvault/vaults/keys",
    "microsoft.managedidentity/userassignedidentities",
    "microsoft.network/networkwatchers/flowlogs",
    "microsoft.network/privatednszones",
    "microsoft.network/privatednszones/virtualnetworklinks",
    "microsoft.network/privateendpoints",
    "microsoft.network/privateendpoints/privatednszonegroups",
    "microsoft.network/virtualnetworks/subnets",
    "microsoft.operationalinsights/workspaces/savedsearches",
    "microsoft.operationalinsights/workspaces/tables",
    "microsoft.resources/resourcegroups",
    "microsoft.security/automations",
    "microsoft.security/pricings",
    "microsoft.securityinsights/alertrules",
    "microsoft.storage/storageaccounts",  # its four services have them
    "microsoft.storage/storageaccounts/blobservices/containers",
    "microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies",
    "microsoft.storage/storageaccounts/queueservices/queues",
    "microsoft.storage/storageaccounts/tableservices/tables",
    "microsoft.web/serverfarms",
    "microsoft.web/sites/basicpublishingcredentialspolicies",
    "microsoft.web/sites/config",
}
"""Types that have metrics alone, or nothing."""

PARTS: Final = ("app", "events", "guardrails", "health", "onboarding", "siem")
WORKSPACES: Final = {
    "app": only("app", "Microsoft.OperationalInsights/workspaces")["id"],
    "guardrails": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-snapshot",
    "siem": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-snapshot",
}


@pytest.mark.parametrize("part", PARTS)
def test_of_each_type_that_is_deployed_it_is_known_whether_it_has_logs(part: str) -> None:
    kinds = {each["type"].lower() for each in resources(part)}

    assert kinds - HAS_LOGS - WITHOUT_LOGS == set()


@pytest.mark.parametrize("part", PARTS)
def test_everything_that_has_logs_sends_them_to_the_workspace(part: str) -> None:
    settings = of_type(part, "Microsoft.Insights/diagnosticSettings")
    logged = {scope_of(each) for each in settings}
    with_logs = {each["id"] for each in resources(part) if each["type"].lower() in HAS_LOGS}

    assert with_logs <= logged
    assert {each["properties"]["workspaceId"] for each in settings} <= {WORKSPACES.get(part)}
    assert all(log["enabled"] for each in settings for log in each["properties"]["logs"])


def test_what_is_deployed_uses_each_type_that_is_named_here() -> None:
    deployed = {each["type"].lower() for part in PARTS for each in resources(part)}

    assert deployed >= HAS_LOGS
