"""Roles take effect late, and later in Resource Graph than in ARM."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.arm.roles import Roles
from sandbox.clinic.estate import DATA, RECORDS, SUBSCRIPTION
from sandbox.core.people import ENGINEER, MONITOR
from sandbox.world import Sandbox
from tests.sandbox.conftest import Call

WHOLE = f"/subscriptions/{SUBSCRIPTION}"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def listed(call: Call, table: str) -> Any:
    """Ask Resource Graph for the ids in a table."""
    query = f"{table}\n| project id\n| order by id asc"
    body = {"subscriptions": [SUBSCRIPTION], "query": query}
    options = {"options": {"resultFormat": "objectArray"}}
    return call("POST", GRAPH, "2022-10-01", json=body | options).json()


def test_a_caller_without_an_assignment_reads_everything() -> None:
    roles = Roles(_Clock())

    assert roles.arm_shows(MONITOR, RECORDS)
    assert roles.graph_shows(MONITOR, RECORDS)


def test_an_assignment_takes_effect_later_in_resource_graph_than_in_arm() -> None:
    clock = _Clock()
    roles = Roles(clock)
    roles.assign(MONITOR, WHOLE, arm_after=60, graph_after=3600)
    shown = []
    for minutes in (0, 1, 60):
        clock.now = datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes)
        shown.append((roles.arm_shows(MONITOR, RECORDS), roles.graph_shows(MONITOR, RECORDS)))

    assert shown == [(False, False), (True, False), (True, True)]


@pytest.mark.parametrize(
    ("path", "readable"),
    [
        (DATA, True),
        (RECORDS, True),
        (WHOLE, True),
        (f"{DATA}2", False),
        ("/subscriptions/x", False),
    ],
)
def test_a_role_on_a_group_shows_that_group_and_its_subscription(
    path: str, *, readable: bool
) -> None:
    roles = Roles(_Clock())
    roles.assign(MONITOR, DATA)

    assert roles.arm_shows(MONITOR, path) is readable


def test_resource_graph_refuses_nothing_and_counts_nothing_until_then(
    azure: Sandbox, call: Call
) -> None:
    azure.arm.roles.assign(ENGINEER, WHOLE, graph_after=3600)
    answers = [listed(call, table) for table in ("resources", "resourcecontainers")]

    assert [(each["count"], each["totalRecords"]) for each in answers] == [(0, 0), (0, 0)]
    assert call("GET", RECORDS).status_code == 200


def test_arm_refuses_a_read_by_its_own_code_until_then(azure: Sandbox, call: Call) -> None:
    azure.arm.roles.assign(ENGINEER, WHOLE, arm_after=3600)
    refused = call("GET", RECORDS)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")


def test_arms_lists_of_groups_and_resources_leave_out_what_may_not_be_read(
    azure: Sandbox, call: Call
) -> None:
    azure.arm.roles.assign(ENGINEER, DATA)
    groups = call("GET", f"{WHOLE}/resourcegroups", "2021-04-01").json()["value"]
    resources = call("GET", f"{WHOLE}/resources", "2021-04-01").json()["value"]

    assert [each["id"].lower() for each in groups] == [DATA.lower()]
    assert {each["id"].lower().startswith(DATA.lower()) for each in resources} == {True}
