"""What azd leaves behind is deleted with consent, and nothing that is not the product's."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from infra.scripts import uninstall
from infra.scripts.uninstall import GROUPS, POLICIES
from tests.infra.predicted import Body, resources
from tests.infra.scripts.people import Terminal

HERE = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
IDENTITY = "5c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e55"
ON = f"/subscriptions/{HERE}"
TOPICS = f"{ON}/resourceGroups/rg-shared/providers/Microsoft.EventGrid/systemTopics/all"
OURS = f"{ON}/resourceGroups/rg-phidrift-events/providers/Microsoft.EventGrid/systemTopics/a"
WORKSPACE = f"{ON}/resourceGroups/rg-log/providers/x/workspaces/log"
ABOVE = "/providers/Microsoft.Management/managementGroups/clinic/providers"


def role(scope: str, principal: str = IDENTITY) -> Body:
    id_ = f"{scope}/providers/Microsoft.Authorization/roleAssignments/1"
    return {"id": id_, "properties": {"scope": scope, "principalId": principal}}


def named(place: str, *names: str) -> dict[str, Any]:
    return {"value": [{"name": each, "id": f"{place}/{each}"} for each in names]}


FOUND: dict[str, dict[str, Any]] = {
    "policyAssignments?": {
        "value": [
            {
                **each,
                "identity": {"type": "SystemAssigned", "principalId": f"that of {each['name']}"},
            }
            for each in named(f"{ON}/providers/x/policyAssignments", "other", "phidrift-logging")[
                "value"
            ]
        ]
    },
    "policySetDefinitions?": named(f"{ABOVE}/x/policySetDefinitions", "phidrift-logging"),
    "roleAssignments?api": {
        "value": [role(ON), role(ON, "somebody"), role(f"{ABOVE}/x")],
        "nextLink": "https://arm/roleAssignments?page=2",
    },
    "roleAssignments?page=2": {
        "value": [
            role(WORKSPACE),
            role(f"{WORKSPACE}/of-policy", "That of phidrift-logging"),
            role(f"{WORKSPACE}/of-other", "that of other"),
        ]
    },
    f"{TOPICS}/eventSubscriptions?": named(f"{TOPICS}/eventSubscriptions", "phidrift", "theirs"),
    "systemTopics?": {"value": [{"id": TOPICS}, {"id": OURS}]},
}


class FakeAz:
    def __init__(self) -> None:
        self.deleted: list[str] = []

    def __call__(self, arguments: Sequence[str]) -> str:
        words = " ".join(arguments)
        if "delete" in arguments:
            self.deleted.append(words.removesuffix(f" --subscription {HERE}"))
            return ""
        return json.dumps(self._found(words))

    def _found(self, words: str) -> Any:
        if words.startswith("group list"):
            return [{"name": each} for each in ("rg-clinic", "rg-phidrift-events")]
        return next(value for part, value in FOUND.items() if part in words)


def run(terminal: Terminal, az: FakeAz) -> int:
    chosen = uninstall.parsed(["--principal", IDENTITY, "--subscription", HERE])
    return uninstall.run(chosen, terminal.console, az)


def test_what_is_the_products_is_deleted_and_nothing_else() -> None:
    az = FakeAz()

    assert run(Terminal(), az) == 0
    roles = "providers/Microsoft.Authorization/roleAssignments/1?api-version=2022-04-01"
    ids = [
        f"{ON}/providers/x/policyAssignments/phidrift-logging?api-version=2025-03-01",
        f"{TOPICS}/eventSubscriptions/phidrift?api-version=2025-02-15",
        f"{ON}/{roles}",
        f"{WORKSPACE}/{roles}",
        f"{WORKSPACE}/of-policy/{roles}",
    ]
    assert az.deleted == [
        *(f"rest --method delete --url {each}" for each in ids),
        "group delete --name rg-phidrift-events --yes",
    ]


@pytest.mark.parametrize(("terminal", "code"), [(Terminal("n"), 1), (Terminal(dry_run=True), 0)])
def test_nothing_is_deleted_without_consent(terminal: Terminal, code: int) -> None:
    az = FakeAz()

    assert run(terminal, az) == code
    assert az.deleted == []


def test_every_policy_of_the_guardrails_is_known_to_the_script() -> None:
    kinds = ("policyassignments", "policysetdefinitions")
    deployed = {
        each["name"]
        for each in resources("guardrails")
        if each["type"].lower().rpartition("/")[2] in kinds
    }

    assert deployed == set(POLICIES)


def test_every_resource_group_outside_of_the_app_is_known_to_the_script() -> None:
    kind = "Microsoft.Resources/resourceGroups"
    parts = ("events", "guardrails", "health")
    deployed = {each["name"] for part in parts for each in resources(part) if each["type"] == kind}

    assert deployed == set(GROUPS)
