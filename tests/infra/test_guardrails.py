"""The guardrails: off by default, and as deployed they pass the controls that they are for."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from cli import evaluate
from cli.offline.snapshot import snapshot_cases
from detectors import DETECTORS
from detectors.policy.encryption import REQUIREMENTS
from drift.config.model import Config
from tests.infra.predicted import GROUP, ROOT, SUBSCRIPTION, Body, of_type, resources
from tests.infra.role_facts import ROLES, grants

SQL_DB_CONTRIBUTOR = "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec"
TRUSTED_SERVICES = "c9d007d0-c057-4772-b18c-01e546713bcd"
NOW = datetime(2026, 12, 2, tzinfo=UTC)
WATCHED = {"id": SUBSCRIPTION, "type": "Microsoft.Resources/subscriptions", "tags": {}}
WORKSPACE = {
    "id": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-snapshot",
    "type": "Microsoft.OperationalInsights/workspaces",
    "properties": {"provisioningState": "Succeeded"},
}
EVENT_HUB = {
    "id": f"{GROUP}/providers/Microsoft.EventHub/namespaces/evhns-snapshot/eventhubs/defender",
    "type": "Microsoft.EventHub/namespaces/eventhubs",
    "properties": {"status": "Active"},
}
WATCHER = {
    "id": f"{SUBSCRIPTION}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network"
    "/networkWatchers/NetworkWatcher_eastus2",
    "type": "Microsoft.Network/networkWatchers",
    "location": "eastus2",
}
NETWORK_ID = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-snapshot"
INTERFACE_ID = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic-snapshot"
NETWORK = {
    "id": NETWORK_ID,
    "type": "Microsoft.Network/virtualNetworks",
    "location": "eastus2",
    "properties": {
        "subnets": [
            {
                "id": f"{NETWORK_ID}/subnets/machines",
                "name": "machines",
                "properties": {"ipConfigurations": [{"id": f"{INTERFACE_ID}/ipConfigurations/a"}]},
            }
        ]
    },
}
INTERFACE = {
    "id": INTERFACE_ID,
    "type": "Microsoft.Network/networkInterfaces",
    "properties": {
        "virtualMachine": {"id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-snapshot"}
    },
}
ALREADY_THERE = (WATCHED, WORKSPACE, EVENT_HUB, WATCHER, NETWORK, INTERFACE)
ADDED_BY_AZURE = {
    "Microsoft.Security/pricings": {"resourcesCoverageStatus": "FullyCovered"},
    "Microsoft.Network/bastionHosts": {"provisioningState": "Succeeded"},
}
"""What a control needs and no template can set, by type: Azure reports it."""
FOR = {
    *("ALERT-STORAGE-FIREWALL", "ALERT-ROLE-ASSIGNMENT", "ACTIVITY-LOG-EXPORT"),
    *("DEFENDER-PLANS", "DEFENDER-EXPORT", "POLICY-ENCRYPTION-INITIATIVE"),
    "DEFENDER-COMPLIANCE-STANDARD",
}
FOR_NETWORKS = {"FLOW-LOGS", "BASTION"}


def deployed_without(name: str) -> list[Body]:
    """Return the deployed resources as Azure reports them, without the one with this name."""
    return [
        {**each, "properties": {**each["properties"], **ADDED_BY_AZURE.get(each["type"], {})}}
        for each in resources("guardrails")
        if each["name"] != name
    ]


def verdicts(
    printed: pytest.CaptureFixture[str],
    *,
    without: str = "",
    edit: Callable[[list[Body]], None] = lambda _: None,
) -> dict[tuple[str, str], Body]:
    """Return the verdict of each control by resource, as ``phidrift evaluate --snapshot`` does."""
    deployed = deployed_without(without)
    edit(deployed)
    evaluate.report(
        json.dumps({"predictedResources": [*ALREADY_THERE, *deployed]}),
        DETECTORS,
        Config(),
        complete=True,
        now=NOW,
        cases_in=snapshot_cases,
    )
    lines = [json.loads(each) for each in printed.readouterr().out.splitlines()]
    return {(each["control"], each["resourceId"]): each for each in lines}


def test_what_has_the_guardrails_passes_the_controls_that_they_are_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = verdicts(capsys)

    judged = [(name, SUBSCRIPTION) for name in FOR] + [(name, NETWORK_ID) for name in FOR_NETWORKS]
    assert {
        each: found[each]["reason"] for each in judged if found[each]["outcome"] != "pass"
    } == {}


def remove(path: str, deployed: list[Body]) -> None:
    """Remove ``name.property.property`` from what is deployed; a number is the place in a list."""
    name, *steps, last = path.split(".")
    found: Any = next(each for each in deployed if each["name"].rpartition("/")[2] == name)
    for step in ("properties", *steps):
        found = found[int(step) if step.isdigit() else step]
    del found[int(last) if last.isdigit() else last]


@pytest.mark.parametrize(
    ("control", "path", "without"),
    [
        ("ALERT-STORAGE-FIREWALL", "phidrift-storage-write.scopes", ""),
        ("ALERT-STORAGE-FIREWALL", "phidrift-storage-write.condition", ""),
        ("ALERT-STORAGE-FIREWALL", "phidrift-storage-write.condition.allOf.1.anyOf.0", ""),
        ("ALERT-STORAGE-FIREWALL", "phidrift-storage-write.actions", ""),
        ("ALERT-STORAGE-FIREWALL", "phidrift-on-call.emailReceivers", ""),
        ("ALERT-ROLE-ASSIGNMENT", "phidrift-role-assignment.condition.allOf.1.anyOf.0", ""),
        ("ALERT-ROLE-ASSIGNMENT", "phidrift-role-assignment.actions.actionGroups.0", ""),
        ("ACTIVITY-LOG-EXPORT", "phidrift-activity.workspaceId", ""),
        ("ACTIVITY-LOG-EXPORT", "phidrift-activity.logs.0", ""),
        ("ACTIVITY-LOG-EXPORT", "phidrift-activity.logs.1.enabled", ""),
        ("DEFENDER-PLANS", "StorageAccounts.pricingTier", ""),
        ("DEFENDER-PLANS", "StorageAccounts.extensions.0", ""),
        ("DEFENDER-PLANS", "StorageAccounts.extensions.1.isEnabled", ""),
        ("DEFENDER-PLANS", "SqlServers.pricingTier", ""),
        ("DEFENDER-PLANS", "VirtualMachines.pricingTier", ""),
        ("DEFENDER-PLANS", "KeyVaults.pricingTier", ""),
        ("DEFENDER-PLANS", "Arm.pricingTier", ""),
        *(
            ("DEFENDER-EXPORT", f"{name}.{path}", other)
            for name, other in (
                ("ExportToWorkspace", "ExportToEventHub"),
                ("ExportToEventHub", "ExportToWorkspace"),
            )
            for path in ("isEnabled", "scopes.0.scopePath", "sources.0", "sources.1", "actions.0")
        ),
        ("POLICY-ENCRYPTION-INITIATIVE", "phidrift-encryption.policyDefinitions.0", ""),
        (
            "POLICY-ENCRYPTION-INITIATIVE",
            "phidrift-encryption.policyDefinitions.6.parameters.effect",
            "",
        ),
        ("POLICY-ENCRYPTION-INITIATIVE", "phidrift-encryption.policyDefinitions.7", ""),
        ("FLOW-LOGS", "phidrift-vnet-snapshot-3ujhh.enabled", ""),
        ("FLOW-LOGS", "phidrift-vnet-snapshot-3ujhh.targetResourceId", ""),
        ("FLOW-LOGS", "phidrift-vnet-snapshot-3ujhh.flowAnalyticsConfiguration", ""),
        ("BASTION", "phidrift-bastion.ipConfigurations", ""),
    ],
)
def test_a_guardrail_without_one_property_no_longer_passes_its_control(
    control: str, path: str, without: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = verdicts(capsys, without=without, edit=partial(remove, path))

    judged = NETWORK_ID if control in FOR_NETWORKS else SUBSCRIPTION
    assert found[control, judged]["outcome"] in ("fail", "unknown")


PRINCIPAL = "c7a3d1f2-4b5e-4f6a-8d9c-0e1f2a3b4c5d"


def as_azure_knows_the_encryption_policy(role: str, deployed: list[Body]) -> None:
    """Give the assignment its identity, each role its principal, and show the built-in definition."""
    for each in deployed:
        if each["type"].endswith("/policyAssignments") and each["name"] == "phidrift-encryption":
            each["identity"] = {"type": "SystemAssigned", "principalId": PRINCIPAL}
        if each["type"].endswith("/roleAssignments"):
            is_its = "/phidrift-encryption" in each["properties"]["principalId"]
            each["properties"] |= {"principalId": PRINCIPAL if is_its else "another"}
    details = {"roleDefinitionIds": [f"/providers/microsoft.authorization/roleDefinitions/{role}"]}
    definition = {
        "id": "/providers/Microsoft.Authorization/policyDefinitions/86a912f6-9a06-4e26-b447-11b16ba8659f",
        "type": "Microsoft.Authorization/policyDefinitions",
        "properties": {
            "policyRule": {"then": {"effect": "[[parameters('effect')]", "details": details}}
        },
    }
    deployed.append({**definition, "name": "86a912f6-9a06-4e26-b447-11b16ba8659f"})


@pytest.mark.parametrize(
    ("role", "outcome"),
    [(SQL_DB_CONTRIBUTOR, "pass"), ("b24988ac-6180-42a0-ab88-20f7382dd24c", "fail")],
)
def test_the_identity_of_the_encryption_initiative_can_repair(
    role: str, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit = partial(as_azure_knows_the_encryption_policy, role)
    found = verdicts(capsys, without="phidrift-hipaa", edit=edit)

    assert found["POLICY-REMEDIATION", SUBSCRIPTION]["outcome"] == outcome


@pytest.mark.parametrize("other", ["ExportToWorkspace", "ExportToEventHub"])
def test_each_export_of_defender_is_enough_alone(
    other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = verdicts(capsys, without=other)

    assert found["DEFENDER-EXPORT", SUBSCRIPTION]["outcome"] == "pass"


def test_nothing_that_the_guardrails_deploy_fails_a_control(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = {each["id"] for each in ALREADY_THERE}
    found = verdicts(capsys)

    failed = [each for each in found if found[each]["outcome"] == "fail" and each[1] not in known]
    assert failed == []


def test_every_guardrail_is_off_until_it_is_chosen() -> None:
    text = (ROOT / "infra/guardrails/main.bicep").read_text(encoding="utf-8")
    switches = re.findall(r"^param (\w+) bool = (\w+)$", text, re.MULTILINE)

    assert {value for _, value in switches} == {"false"}
    for name, _ in switches:
        assert re.search(rf"[=:] if \([^)]*\b{name}\b[^)]*\) \{{", text), name


def assignment(name: str) -> Body:
    """Return the properties of a policy assignment."""
    found = of_type("guardrails", "Microsoft.Authorization/policyAssignments")
    by_name: dict[str, Body] = {each["name"]: each["properties"] for each in found}
    return by_name[name]


def initiative(name: str) -> Body:
    """Return the properties of a policy set definition."""
    found = of_type("guardrails", "Microsoft.Authorization/policySetDefinitions")
    by_name: dict[str, Body] = {each["name"]: each["properties"] for each in found}
    return by_name[name]


def test_the_hipaa_standard_denies_and_changes_nothing() -> None:
    assert assignment("phidrift-hipaa")["enforcementMode"] == "DoNotEnforce"


def test_the_encryption_initiative_has_each_required_policy_and_denies_nothing() -> None:
    members = initiative("phidrift-encryption")["policyDefinitions"]
    effects = {
        each["policyDefinitionId"].rpartition("/")[2]: each["parameters"]["effect"]["value"]
        for each in members
    }

    required = {name: each.effect for each in REQUIREMENTS for name in each.built_in[:1]}
    assert required.items() <= effects.items()
    assert set(effects.values()) == {"Audit", "AuditIfNotExists", "DeployIfNotExists"}
    assert assignment("phidrift-encryption")["enforcementMode"] == "Default"
    assert assignment("phidrift-encryption")["policyDefinitionId"].endswith("/phidrift-encryption")


def test_each_log_of_a_storage_account_and_the_activity_log_are_sent_to_the_workspace() -> None:
    members = initiative("phidrift-logging")["policyDefinitions"]

    assert {
        each["policyDefinitionReferenceId"]: each["policyDefinitionId"].rpartition("/")[2]
        for each in members
    } == {
        "activityLog": "2465583e-4e78-4c15-b6be-a36cbc7c8b0f",
        "blob": "b4fe1a3b-0715-4c6c-a5ea-ffc33cf823cb",
        "file": "25a70cc8-2bd4-47f1-90b6-1478e4662c96",
        "queue": "7bd000e3-37c7-4928-9f31-86c4b77c5c45",
        "table": "2fb86bf3-d221-43d1-96d1-2434af34eaa0",
    }
    assert {each["parameters"]["logAnalytics"]["value"] for each in members} == {WORKSPACE["id"]}
    assert assignment("phidrift-logging")["notScopes"] == [GROUP]


def test_storage_that_trusted_services_cannot_enter_is_reported_and_denied_only_by_choice() -> None:
    members = initiative("phidrift-storage-network")["policyDefinitions"]
    text = (ROOT / "infra/guardrails/main.bicep").read_text(encoding="utf-8")

    assert [each["parameters"] for each in members] == [{"effect": {"value": "Audit"}}] * 3
    assert TRUSTED_SERVICES in {each["policyDefinitionId"].rpartition("/")[2] for each in members}
    assert "param storageNetworkEffect string = 'Audit'" in text


def test_each_identity_of_a_policy_has_one_role_and_none_reads_a_key() -> None:
    assigned = {
        (
            re.findall(r"policyAssignments/([\w-]+)", each["properties"]["principalId"])[0],
            grant.role,
            grant.scope,
        )
        for each, grant in zip(
            of_type("guardrails", "Microsoft.Authorization/roleAssignments"),
            grants("guardrails"),
            strict=True,
        )
    }

    assert assigned == {
        ("phidrift-encryption", SQL_DB_CONTRIBUTOR, SUBSCRIPTION),
        ("phidrift-logging", "Monitoring Contributor", SUBSCRIPTION),
        ("phidrift-logging", "Monitoring Contributor", WORKSPACE["id"]),
    }
    assert not ROLES["Monitoring Contributor"].allows(
        "Microsoft.Storage/storageAccounts/listKeys/action", on_data=False
    )
