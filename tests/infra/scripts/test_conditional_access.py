"""The policies of conditional access satisfy their controls once enforced, and are created with consent."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cli import evaluate
from cli.offline.snapshot import snapshot_cases
from detectors import DETECTORS
from drift.config.model import Config
from drift.entra.directory_roles import MINIMUM
from drift.estate import Baseline
from infra.scripts import conditional_access
from infra.scripts.conditional_access import ENABLED, POLICIES, REPORT_ONLY
from infra.scripts.console import Failed
from tests.infra.scripts.people import FakeGraph, Terminal

NOW = datetime(2026, 12, 2, tzinfo=UTC)
TENANT = "/tenants/7e9c1f00-4c11-4a0e-9d6b-1b5a3c0d2e4f"
FIRST = "3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e11"
SECOND = "3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e12"
RECORDS = "91a1d2c4-0f57-4d55-8a3c-52a1c1d0b9aa"
OPTIONS = ("--break-glass", FIRST, "--break-glass", SECOND, "--application", RECORDS)
CONTROLS = ("CA-ADMIN-MFA", "CA-PHI-APPS-MFA")


def run(terminal: Terminal, graph: FakeGraph, *more: str) -> None:
    chosen = conditional_access.parsed([*OPTIONS, *more])
    assert conditional_access.run(chosen, terminal.console, graph) == 0


def created() -> list[dict[str, Any]]:
    """Return the policies that the script creates, with ids as Graph gives them."""
    graph = FakeGraph({POLICIES: {"value": []}})
    run(Terminal(), graph)
    assert [(method, path) for method, path, _ in graph.changes] == [("POST", POLICIES)] * 2
    return [
        {"id": f"8f0c1a52-0d2e-4a0b-9c3f-2b7d5e6a1c0{at}", **body}
        for at, (_, _, body) in enumerate(graph.changes)
    ]


@pytest.mark.parametrize(("state", "outcome"), [(ENABLED, "pass"), (REPORT_ONLY, "fail")])
def test_the_policies_satisfy_their_controls_when_they_are_enforced_and_not_before(
    state: str, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = "microsoft.graph/conditionalAccessPolicies"
    predicted = [
        {"id": TENANT, "type": "Microsoft.Graph/tenants", "name": TENANT.rpartition("/")[2]},
        *(
            {
                "id": f"{TENANT}/providers/{kind}/{each['id']}",
                "type": kind,
                "name": each["id"],
                "properties": {**each, "state": state},
            }
            for each in created()
        ),
    ]
    baseline = Baseline(break_glass_accounts=(FIRST, SECOND), phi_applications=(RECORDS,))

    evaluate.report(
        json.dumps({"predictedResources": predicted}),
        DETECTORS,
        Config(baseline=baseline),
        complete=True,
        now=NOW,
        cases_in=snapshot_cases,
    )

    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    found = {each["control"]: each["outcome"] for each in lines if each["resourceId"] == TENANT}
    assert {name: found[name] for name in CONTROLS} == dict.fromkeys(CONTROLS, outcome)


def test_each_policy_is_created_report_only_and_excludes_the_emergency_access_accounts() -> None:
    for each in created():
        assert each["state"] == REPORT_ONLY
        assert each["conditions"]["users"]["excludeUsers"] == [FIRST, SECOND]


def test_the_administrators_are_the_roles_of_microsofts_own_template() -> None:
    users = conditional_access.template("admins")["conditions"]["users"]

    assert users["includeRoles"] == list(MINIMUM)


@pytest.mark.parametrize("terminal", [Terminal("no"), Terminal(dry_run=True)])
def test_nothing_is_created_without_consent(terminal: Terminal) -> None:
    graph = FakeGraph({POLICIES: {"value": []}})
    run(terminal, graph)

    assert graph.changes == []


def test_a_policy_that_exists_is_not_created_again() -> None:
    graph = FakeGraph({POLICIES: {"value": created()}})
    run(Terminal(), graph)

    assert graph.changes == []


def test_enforcing_changes_the_state_alone() -> None:
    policies = created()
    graph = FakeGraph({POLICIES: {"value": policies}})
    run(Terminal(), graph, "--enable")

    assert graph.changes == [
        ("PATCH", f"{POLICIES}/{each['id']}", {"state": ENABLED}) for each in policies
    ]


def test_a_policy_that_does_not_exclude_the_accounts_is_not_enforced() -> None:
    policies = created()
    policies[0]["conditions"]["users"]["excludeUsers"] = [FIRST]
    graph = FakeGraph({POLICIES: {"value": policies}})

    with pytest.raises(Failed, match=f"does not exclude {SECOND}"):
        run(Terminal(), graph, "--enable")
    assert graph.changes == []


@pytest.mark.parametrize("state", ["disabled", "aStateOfLater"])
def test_a_policy_that_is_not_report_only_is_not_enforced(state: str) -> None:
    graph = FakeGraph({POLICIES: {"value": [{**each, "state": state} for each in created()]}})

    with pytest.raises(Failed, match="not report-only"):
        run(Terminal(), graph, "--enable")
    assert graph.changes == []


@pytest.mark.parametrize("text", ["", "BREAK_GLASS_OBJECT_ID", "admin@example.com"])
def test_what_is_not_an_id_is_refused_before_graph_is_asked(text: str) -> None:
    chosen = conditional_access.parsed(["--break-glass", text])

    with pytest.raises(Failed, match="GUID"):
        conditional_access.run(chosen, Terminal().console, FakeGraph({}))


def test_a_placeholder_without_a_value_is_refused() -> None:
    with pytest.raises(Failed, match="APPLICATION_IDS"):
        conditional_access.filled(
            conditional_access.template("phi-applications"), {"BREAK_GLASS_OBJECT_IDS": [FIRST]}
        )
