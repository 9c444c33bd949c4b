"""The guardrails: off by default, and as deployed they pass the controls that they are for."""

import json
import re
from datetime import UTC, datetime

import pytest

from cli import evaluate
from cli.offline.snapshot import snapshot_cases
from detectors import DETECTORS
from detectors.policy.encryption import REQUIREMENTS
from drift.config.model import Config
from tests.infra.predicted import ROOT, SUBSCRIPTION, Body, of_type, only, resources, scope_of

SQL_DB_CONTRIBUTOR = "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec"
NOW = datetime(2026, 12, 2, tzinfo=UTC)
WATCHED = {"id": SUBSCRIPTION, "type": "Microsoft.Resources/subscriptions", "tags": {}}
WORKSPACE = {
    "id": f"{SUBSCRIPTION}/resourceGroups/rg-snapshot/providers/Microsoft.OperationalInsights"
    "/workspaces/log-snapshot",
    "type": "Microsoft.OperationalInsights/workspaces",
    "properties": {"provisioningState": "Succeeded"},
}
ADDED_BY_AZURE = {"Microsoft.Security/pricings": {"resourcesCoverageStatus": "FullyCovered"}}
"""What a control needs and no template can set, by type: Azure reports it."""
FOR = {
    *("ALERT-STORAGE-FIREWALL", "ALERT-ROLE-ASSIGNMENT", "ACTIVITY-LOG-EXPORT"),
    *("DEFENDER-PLANS", "DEFENDER-EXPORT", "POLICY-ENCRYPTION-INITIATIVE"),
}


def test_a_subscription_with_the_guardrails_passes_the_controls_that_they_are_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    deployed = [
        {**each, "properties": {**each["properties"], **ADDED_BY_AZURE.get(each["type"], {})}}
        for each in resources("guardrails")
    ]
    predicted = [WATCHED, WORKSPACE, *deployed]

    evaluate.report(
        json.dumps({"predictedResources": predicted}),
        DETECTORS,
        Config(),
        complete=True,
        now=NOW,
        cases_in=snapshot_cases,
    )

    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    found = {each["control"]: each for each in lines if each["resourceId"] == SUBSCRIPTION}
    assert {name: found[name]["reason"] for name in FOR if found[name]["outcome"] != "pass"} == {}


def test_every_guardrail_is_off_until_it_is_chosen() -> None:
    text = (ROOT / "infra/guardrails/main.bicep").read_text(encoding="utf-8")
    switches = re.findall(r"^param (\w+) bool = (\w+)$", text, re.MULTILINE)

    assert {value for _, value in switches} == {"false"}
    for name, _ in switches:
        assert re.search(rf"= if \([^)]*\b{name}\b[^)]*\) \{{", text), name


def assignment(name: str) -> Body:
    """Return the properties of a policy assignment."""
    found = of_type("guardrails", "Microsoft.Authorization/policyAssignments")
    by_name: dict[str, Body] = {each["name"]: each["properties"] for each in found}
    return by_name[name]


def test_the_hipaa_standard_denies_and_changes_nothing() -> None:
    assert assignment("phidrift-hipaa")["enforcementMode"] == "DoNotEnforce"


def test_the_encryption_initiative_has_each_required_policy_and_denies_nothing() -> None:
    initiative = only("guardrails", "Microsoft.Authorization/policySetDefinitions")
    members = initiative["properties"]["policyDefinitions"]
    effects = {
        each["policyDefinitionId"].rpartition("/")[2]: each["parameters"]["effect"]["value"]
        for each in members
    }

    required = {name: each.effect for each in REQUIREMENTS for name in each.built_in[:1]}
    assert required.items() <= effects.items()
    assert set(effects.values()) == {"Audit", "AuditIfNotExists", "DeployIfNotExists"}
    assert assignment("phidrift-encryption")["enforcementMode"] == "Default"
    assert assignment("phidrift-encryption")["policyDefinitionId"] == initiative["id"]


def test_the_only_role_is_that_of_the_identity_that_encrypts_databases() -> None:
    [role] = of_type("guardrails", "Microsoft.Authorization/roleAssignments")

    assert role["properties"]["roleDefinitionId"].endswith(SQL_DB_CONTRIBUTOR)
    assert "policyAssignments/phidrift-encryption" in role["properties"]["principalId"]
    assert scope_of(role) == SUBSCRIPTION
