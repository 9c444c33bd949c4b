"""The az commands that create, change and delete what stands below a resource."""

import pytest

from drift.fixes import (
    DeleteChild,
    PutChild,
)
from tests.drift.remediation.commands import (
    ACCOUNT,
    AUDITING,
    BLOBS,
    CONTAINER,
    GROUP,
    NSG,
    SERVER,
    WHERE,
    sets,
    shown,
)

RULE = f"{NSG}/securityRules/allow-ssh"
SETTING = f"{BLOBS}/providers/Microsoft.Insights/diagnosticSettings/phi-audit"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/audit"
OF_MASTER = f"{SERVER}/databases/master/providers/Microsoft.Insights/diagnosticSettings/phi-audit"


def test_a_diagnostic_setting_is_created_with_all_it_sends() -> None:
    hub = f"{GROUP}/providers/Microsoft.EventHub/namespaces/n/authorizationRules/send"
    body = {
        "properties": {
            "workspaceId": WORKSPACE,
            "storageAccountId": None,
            "eventHubAuthorizationRuleId": hub,
            "eventHubName": "audit",
            "logAnalyticsDestinationType": "Dedicated",
            "logs": [{"categoryGroup": "audit", "enabled": True}],
            "metrics": [],
        }
    }

    assert shown(PutChild(SETTING, body)) == (
        f"az monitor diagnostic-settings create --name phi-audit --resource {BLOBS} "
        f"--workspace {WORKSPACE} --event-hub-rule {hub} --event-hub audit "
        "--export-to-resource-specific true "
        """--logs '[{"categoryGroup":"audit","enabled":true}]'"""
    )


def test_auditing_and_the_setting_that_takes_its_records_are_one_command() -> None:
    """The command makes the setting itself, and refuses a state without a place for the records."""
    setting = PutChild(OF_MASTER, {"properties": {"workspaceId": WORKSPACE, "logs": []}})
    on = sets(AUDITING, state="Enabled", isAzureMonitorTargetEnabled=True)
    groups = sets(AUDITING, auditActionsAndGroups=["BATCH_COMPLETED_GROUP", "DBCC_GROUP"])
    expected = (
        f"az sql server audit-policy update --name records {WHERE} --state Enabled "
        "--actions BATCH_COMPLETED_GROUP DBCC_GROUP --log-analytics-target-state Enabled "
        f"--log-analytics-workspace-resource-id {WORKSPACE}"
    )

    assert shown(*on, setting, *groups, setting) == expected
    assert shown(setting, *on, *groups) == expected


def test_a_setting_alone_that_takes_audit_records_is_created_as_any_other() -> None:
    logs = [{"category": "SQLSecurityAuditEvents", "enabled": True}]
    body = {"properties": {"workspaceId": WORKSPACE, "logs": logs}}

    assert shown(PutChild(OF_MASTER, body)) == (
        f"az monitor diagnostic-settings create --name phi-audit --resource {SERVER}/databases/"
        f"master --workspace {WORKSPACE} "
        """--logs '[{"category":"SQLSecurityAuditEvents","enabled":true}]'"""
    )


def test_a_security_rule_is_created_with_wildcards_the_shell_leaves_alone() -> None:
    body = {
        "properties": {
            "priority": 100,
            "direction": "Inbound",
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRanges": ["22", "3389"],
        }
    }

    assert shown(PutChild(f"{NSG}/securityRules/deny-admin", body)) == (
        f"az network nsg rule create {WHERE} --nsg-name front --name deny-admin --priority 100 "
        "--direction Inbound --access Deny --protocol '*' --source-address-prefixes '*' "
        "--source-port-ranges '*' --destination-address-prefixes '*' "
        "--destination-port-ranges 22 3389"
    )


def test_a_security_rule_takes_a_list_where_its_one_prefix_is_cleared() -> None:
    steps = sets(RULE, sourceAddressPrefix=None, sourceAddressPrefixes=["10.0.0.0/8", "::1"])

    assert shown(*steps) == (
        f"az network nsg rule update --ids {RULE} --source-address-prefixes 10.0.0.0/8 ::1"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (RULE, f"az network nsg rule delete --ids {RULE}"),
        (
            SETTING,
            f"az monitor diagnostic-settings delete --name phi-audit --resource {BLOBS}",
        ),
        (CONTAINER, f"az resource delete --ids {CONTAINER}"),
    ],
)
def test_a_child_is_deleted(name: str, text: str) -> None:
    assert shown(DeleteChild(name)) == text


def test_any_other_child_is_created_as_a_whole() -> None:
    lock = f"{ACCOUNT}/providers/Microsoft.Authorization/locks/keep"
    text = shown(PutChild(lock, {"properties": {"level": "CanNotDelete"}}))

    assert text == (
        f"az resource create --id {lock} --is-full-object "
        """--properties '{"properties":{"level":"CanNotDelete"}}'"""
    )
