"""The advice of `phidrift explain` if nothing is stored about a resource."""

import pytest

from cli.explanation.not_stored import to_try
from detectors import DETECTORS

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
HERE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{HERE}/resourceGroups/clinic"


def tried(resource_id: str, above: str = "") -> list[str]:
    return list(to_try(resource_id, above, (SUBSCRIPTION,), DETECTORS))


@pytest.mark.parametrize(
    ("resource_id", "command"),
    [
        (HERE, f"az rest --url '{HERE}?api-version=2022-12-01'"),
        (GROUP, f"az group show --subscription {SUBSCRIPTION} --name clinic"),
        (
            f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys",
            f"az resource show --ids {GROUP}/providers/Microsoft.KeyVault/vaults/keys",
        ),
    ],
    ids=["subscription", "group", "resource"],
)
def test_the_command_prints_a_body_of_that_kind(resource_id: str, command: str) -> None:
    assert (
        tried(resource_id)[-1] == f"Evaluate it without the state: `{command} | phidrift evaluate`."
    )


def test_a_type_that_no_control_reads_needs_no_further_try() -> None:
    [said] = tried(f"{GROUP}/providers/Microsoft.Web/sites/portal")

    assert said == (
        "No control evaluates or reads the type microsoft.web/sites, so the monitor stores nothing about it; "
        "`phidrift controls` lists what is evaluated."
    )


def test_a_type_that_controls_read_for_others_leads_to_those() -> None:
    [said] = tried(f"{GROUP}/providers/Microsoft.Network/networkInterfaces/card")

    assert said.startswith(
        "The type microsoft.network/networkinterfaces has no controls of its own: "
    )
    assert "VM-PUBLIC-IP" in said
    assert said.endswith("Explain the resource that it belongs to.")


def test_a_part_of_a_stored_resource_leads_to_it_alone() -> None:
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/records"

    assert tried(f"{account}/blobServices/default", account) == [
        f"It is evaluated as part of {account}: explain that id."
    ]


def test_a_resource_with_controls_of_its_own_is_no_part_of_what_contains_it() -> None:
    unknown = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/recrods"

    assert not [each for each in tried(unknown, GROUP) if "as part of" in each]
