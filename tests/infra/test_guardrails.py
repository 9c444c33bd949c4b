"""The guardrails: off by default, and as deployed they pass the controls that they are for."""

import json
import re
from datetime import UTC, datetime

import pytest

from cli import evaluate
from cli.offline.snapshot import snapshot_cases
from detectors import DETECTORS
from drift.config.model import Config
from tests.infra.predicted import ROOT, SUBSCRIPTION, of_type, resources

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
    *("DEFENDER-PLANS", "DEFENDER-EXPORT"),
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


def test_the_hipaa_standard_denies_and_changes_nothing() -> None:
    [standard] = of_type("guardrails", "Microsoft.Authorization/policyAssignments")

    assert standard["properties"]["enforcementMode"] == "DoNotEnforce"


def test_the_guardrails_assign_no_role() -> None:
    assert of_type("guardrails", "Microsoft.Authorization/roleAssignments") == ()
