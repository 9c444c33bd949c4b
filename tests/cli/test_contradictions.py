"""``phidrift evaluate`` evaluates no body that contradicts itself."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main

GROUP = "/subscriptions/5a4e1f9c-0d5b-4c1e-9f37-2f6f3c1b7d10/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/aone"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/s"
DATABASE = f"{SERVER}/databases/visits"
SCALE_SET = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/fleet"
BALANCERS = f"{GROUP.partition('/resourceGroups')[0]}/providers/Microsoft.Network/loadBalancers"

Body = Mapping[str, Any]
Refused = Callable[[object], list[str]]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Return the complaints about an input; the exit code is 2 if there are any, and not without."""

    def complaints(given: object) -> list[str]:
        file = tmp_path / "given.json"
        file.write_text(json.dumps(given), encoding="utf-8")
        code = main(["evaluate", str(file)])
        found = [each for each in capsys.readouterr().err.splitlines() if ": line " in each]
        assert (code == 2) is bool(found)
        return found

    return complaints


def thing(own: str, **others: Any) -> dict[str, Any]:
    return {"id": own, "properties": {}, **others}


def listed(*items: Body, collection: str = CONTAINERS) -> dict[str, Any]:
    return {"id": collection, "value": list(items)}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (thing(ACCOUNT, name="atwo"), "its name is not the last segment of its id"),
        (thing(ACCOUNT, name="rg/aone"), "its name is not the last segment of its id"),
        (thing(ACCOUNT, type="Microsoft.Sql/servers"), "its type is not that of its id"),
        (
            thing(ACCOUNT.replace(".Storage/", ".Storag/"), type="Microsoft.Storage/storageAccounts"),
            "its type is not",
        ),
        (thing(ACCOUNT, type="storageAccounts"), "its type is not"),
        (thing(f"{CONTAINERS}/scans", name="aone"), "its name is not"),
        (thing(f"{CONTAINERS}/scans", type="Microsoft.Storage/storageAccounts"), "its type is not"),
        (thing(GROUP, name="other"), "its name is not"),
        (thing(GROUP, type="Microsoft.Resources/subscriptions"), "its type is not"),
        (thing(ACCOUNT, status=403), 'has both "status" 403, an HTTP error, and "properties"'),
        (listed() | {"status": 500}, 'has both "status" 500, an HTTP error, and "value"'),
        (listed(thing(f"{CONTAINERS}/scans".replace("aone", "atwo"))), "which does not belong to it"),
        (listed(thing(ACCOUNT)), f"lists {ACCOUNT}, which does not belong to it"),
        (listed(thing(f"{CONTAINERS}/scans", name="logs")), "its name is not"),
        (listed(thing(ACCOUNT), collection=BALANCERS), "which does not belong to it"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["body", "related"])
def test_what_contradicts_itself_is_refused_by_its_place(
    refused: Refused, body: Body, why: str, form: str
) -> None:
    given = body if form == "body" else {"resource": thing(SERVER), "related": [body]}

    (complaint,) = refused(given)

    assert complaint.startswith("phidrift evaluate: line 1: ")
    assert str(body["id"]) in complaint
    assert why in complaint


@pytest.mark.parametrize(
    "body",
    [
        thing(ACCOUNT, name="aone", type="Microsoft.Storage/storageAccounts"),
        thing(ACCOUNT.lower(), name="AOne", type="MICROSOFT.STORAGE/storageaccounts"),
        thing(ACCOUNT, name=None, type=None),
        thing(ACCOUNT, name="", type=""),
        thing(DATABASE, name="s/visits", type="Microsoft.Sql/servers/databases"),
        thing(f"{SERVER}/firewallRules/a%20b", name="a b"),
        thing(f"{SERVER}/administrators/ActiveDirectory", name="activeDirectory"),
        thing(f"{CONTAINERS}/scans", name="scans", type=CONTAINER),
        thing(GROUP, name="rg", type="Microsoft.Resources/resourceGroups"),
        thing(GROUP, name="RG", type="microsoft.resources/subscriptions/resourcegroups"),
        {"id": GROUP.partition("/resourceGroups")[0], "name": "Clinic", "tags": {}},
        {"id": "/tenants/t", "type": "Microsoft.AzureActiveDirectory/tenants", "name": "clinic"},
        thing(
            f"{SCALE_SET}/virtualMachines/0",
            name="fleet_0",
            type="Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
        ),
        thing(
            f"{SCALE_SET}/virtualMachines/0/networkInterfaces/nic",
            type="Microsoft.Network/networkInterfaces",
        ),
        thing(f"{ACCOUNT}/managementPolicies/default", name="DefaultManagementPolicy"),
        thing(ACCOUNT, status="Succeeded"),
        listed(thing(f"{CONTAINERS}/scans".upper(), name="scans")),
        listed({"name": "scans", "properties": {}}),
        listed(thing(f"{ACCOUNT}/other/x"), collection=f"{ACCOUNT}/strange"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["body", "related"])
def test_variations_that_azure_itself_returns_are_accepted(
    refused: Refused, body: Body, form: str
) -> None:
    beside = [thing(SERVER), body]
    given = beside if form == "body" else {"resource": thing(SERVER), "related": [body]}

    assert refused(given) == []


def test_what_bears_the_id_of_its_parent_is_not_taken_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "given.json"
    encryption = {
        "id": DATABASE,
        "name": "current",
        "type": "Microsoft.Sql/servers/databases/transparentDataEncryption",
        "properties": {"state": "Enabled"},
    }
    file.write_text(json.dumps([thing(DATABASE, name="visits"), encryption]), encoding="utf-8")

    main(["evaluate", str(file)])

    lines = map(json.loads, capsys.readouterr().out.splitlines())
    assert [each["outcome"] for each in lines if each["control"] == "SQL-TDE"] == ["pass"]


def test_a_control_that_needs_a_contradictory_body_is_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account = thing(ACCOUNT, properties={"allowBlobPublicAccess": True})
    text = "\n".join(map(json.dumps, [account, listed() | {"status": 403}]))
    file = tmp_path / "given.jsonl"
    file.write_text(text, encoding="utf-8")

    code = main(["evaluate", "--complete", str(file)])

    printed = capsys.readouterr()
    assert code == 2
    assert "Container state unknown (its body cannot be evaluated)" in printed.out
