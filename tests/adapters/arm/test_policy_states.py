"""Policy states: counted for a whole subscription, and none only where Resource Graph shows it."""

from typing import Any

import pytest

from adapters.arm.policy_states import PolicyStates
from adapters.arm.reader import ArmReader
from drift import ids
from sandbox.core.people import MONITOR
from sandbox.http.messages import json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import ACCOUNT, ReadersOf, refusal_of, scripted

SUBSCRIPTION = f"/subscriptions/{ids.subscription_of(ACCOUNT)}"
STATES = f"{SUBSCRIPTION}/providers/Microsoft.PolicyInsights/policyStates"
ASSIGNMENT = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/PHI"


@pytest.fixture
def states(reader: ArmReader, sandbox: Sandbox) -> PolicyStates:
    """Return the production adapter over the sandbox."""
    return PolicyStates(reader, endpoint=sandbox.arm.base_url)


def place_state(
    sandbox: Sandbox, name: str, compliance: str, day: int, reference: str = ""
) -> None:
    """Have Azure Policy evaluate the account."""
    properties = {
        "policyAssignmentId": ASSIGNMENT,
        "policyDefinitionReferenceId": reference,
        "complianceState": compliance,
        "timestamp": f"2026-11-{day:02}T08:00:00Z",
    }
    kind = "Microsoft.PolicyInsights/policyStates"
    sandbox.place({"id": f"{ACCOUNT}/providers/{kind}/{name}", "properties": properties})


def listed(states: PolicyStates) -> list[dict[str, Any]]:
    """Return the properties of all items."""
    return [dict(each["properties"]) for each in states.list(STATES).items or ()]


def test_resources_are_counted_by_assignment_reference_and_compliance(
    sandbox: Sandbox, states: PolicyStates
) -> None:
    place_state(sandbox, "a", "NonCompliant", 20, "sqlTde")
    place_state(sandbox, "b", "NonCompliant", 18, "SQLTDE")
    place_state(sandbox, "c", "Compliant", 19, "sqlTde")

    assert listed(states) == [
        {
            "policyAssignmentId": ids.key(ASSIGNMENT),
            "policyDefinitionReferenceId": "sqltde",
            "complianceState": compliance,
            "timestamp": f"2026-11-{oldest}T08:00:00Z",
            "resources": count,
        }
        for compliance, oldest, count in (("compliant", 19, 1), ("noncompliant", 18, 2))
    ]


def test_a_subscription_without_states_has_none(states: PolicyStates) -> None:
    assert listed(states) == []


def test_a_role_without_an_effect_in_resource_graph_is_refused_and_named(
    sandbox: Sandbox, states: PolicyStates
) -> None:
    place_state(sandbox, "a", "NonCompliant", 20)
    sandbox.arm.roles.assign(MONITOR, SUBSCRIPTION, graph_after=3600)
    refused = refusal_of(lambda: states.list(STATES))

    assert (refused.status, refused.code) == (403, "NotInResourceGraph")
    assert "Reader" in refused.needs


def test_an_answer_that_was_cut_off_is_no_answer(sandbox: Sandbox, states: PolicyStates) -> None:
    place_state(sandbox, "a", "NonCompliant", 20)
    place_state(sandbox, "b", "Compliant", 20)
    sandbox.resource_graph.truncates = True

    assert refusal_of(lambda: states.list(STATES)).code == "ResultTruncated"


def test_a_quota_that_is_used_up_is_a_limit(sandbox: Sandbox, states: PolicyStates) -> None:
    sandbox.resource_graph.quota = 0

    assert refusal_of(lambda: states.list(STATES)).status == 429


@pytest.mark.parametrize(
    "answer",
    [
        {"count": 0, "totalRecords": 0},
        {"data": ["a row"], "count": 1, "totalRecords": 1},
        {"data": [{}], "count": 1, "totalRecords": 2},
        {"data": [{}], "count": 1, "totalRecords": 1, "resultTruncated": "true"},
    ],
)
def test_what_is_no_answer_of_resource_graph_proves_nothing(
    sandbox: Sandbox, reader_of: ReadersOf, answer: object
) -> None:
    with scripted(sandbox, lambda _: json_answer(200, answer)) as server:
        states = PolicyStates(reader_of(server.base_url), endpoint=server.base_url)
        refusal_of(lambda: states.list(STATES))


def test_only_whole_subscriptions_are_asked_for(states: PolicyStates) -> None:
    group = f"/providers/Microsoft.Management/managementGroups/clinic/providers/{ids.POLICY_STATES}"

    assert refusal_of(lambda: states.list(group)).code == "InvalidResourceId"
    assert refusal_of(lambda: states.get(f"{STATES}/a")).code == "InvalidResourceId"
