"""The Graph permissions of the identity: those that docs/settings.md names, each granted with consent."""

import re
from typing import Any

import pytest

from infra.scripts import grant_graph
from infra.scripts.console import Failed
from infra.scripts.grant_graph import GRAPH, HIDDEN, PERMISSIONS
from tests.infra.predicted import ROOT
from tests.infra.scripts.people import FakeGraph, Terminal

IDENTITY = "5c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e55"
PLACE = f"/servicePrincipals/{IDENTITY}/appRoleAssignments"
NAMES = [*PERMISSIONS, *HIDDEN]


def graph_where(*held: str, roles: Any = None) -> FakeGraph:
    known = roles or [
        {"id": f"role-{each}", "value": each, "allowedMemberTypes": ["Application"]}
        for each in NAMES
    ]
    assignments = [
        {"id": f"grant-{each}", "appRoleId": f"role-{each}", "resourceId": "graph"} for each in held
    ]
    return FakeGraph(
        {
            f"{GRAPH}?$select=id,appRoles": {"id": "graph", "appRoles": known},
            PLACE: {
                "value": assignments[:1],
                "@odata.nextLink": f"https://graph/v1.0{PLACE}?more=1",
            },
            f"{PLACE}?more=1": {"value": assignments[1:]},
        }
    )


def run(terminal: Terminal, graph: FakeGraph, *more: str) -> int:
    chosen = grant_graph.parsed(["--principal", IDENTITY, *more])
    return grant_graph.run(chosen, terminal.console, graph)


def test_the_permissions_are_those_of_the_documentation() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+\.Read\.\w+)` \|", text, re.MULTILINE) == NAMES


def test_each_missing_permission_is_granted_and_none_that_is_there() -> None:
    graph = graph_where("Policy.Read.All", "User.Read.All")

    assert run(Terminal(), graph) == 0
    assert graph.changes == [
        (
            "POST",
            PLACE,
            {"principalId": IDENTITY, "resourceId": "graph", "appRoleId": f"role-{each}"},
        )
        for each in (
            "RoleManagement.Read.Directory",
            "AccessReview.Read.All",
            "GroupMember.Read.All",
        )
    ]


def test_hidden_members_are_granted_only_when_asked_for() -> None:
    graph = graph_where(*PERMISSIONS)

    assert run(Terminal(), graph, "--hidden-members") == 0
    assert [body["appRoleId"] for _, _, body in graph.changes] == ["role-Member.Read.Hidden"]


def test_the_same_permission_of_another_service_does_not_count() -> None:
    graph = graph_where(*PERMISSIONS)
    [first, *_] = graph("GET", PLACE)["value"]
    first["resourceId"] = "another service"
    run(Terminal(), graph)

    assert [body["appRoleId"] for _, _, body in graph.changes] == ["role-Policy.Read.All"]


@pytest.mark.parametrize(("terminal", "code"), [(Terminal("n"), 1), (Terminal(dry_run=True), 0)])
def test_nothing_is_granted_without_consent(terminal: Terminal, code: int) -> None:
    graph = graph_where()

    assert run(terminal, graph) == code
    assert graph.changes == []


def test_what_was_granted_is_revoked() -> None:
    graph = graph_where("Policy.Read.All", "User.Read.All")
    run(Terminal(), graph, "--revoke")

    assert graph.changes == [
        ("DELETE", f"{PLACE}/grant-{each}", None) for each in ("Policy.Read.All", "User.Read.All")
    ]


def test_a_permission_that_only_people_can_have_is_not_taken_for_it() -> None:
    roles = [{"id": "1", "value": each, "allowedMemberTypes": ["User"]} for each in NAMES]

    with pytest.raises(Failed, match="no application permission"):
        run(Terminal(), graph_where(roles=roles))
