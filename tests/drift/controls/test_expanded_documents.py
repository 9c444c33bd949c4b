"""A document that another body contains completely is used; two contradicting ones are not."""

from typing import Any

import pytest

from drift.controls.document_estate import DocumentEstate
from drift.errors import NotGiven, Unreadable
from drift.estate import Baseline
from tests.support.rig import GROUP, NSG, Clock

NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/front"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/front"
NSG_TYPE = "Microsoft.Network/networkSecurityGroups"


def rule(name: str = "ssh", **properties: Any) -> dict[str, Any]:
    return {"id": f"{NSG}/securityRules/{name}", "name": name, "properties": properties}


def group(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": NSG, "type": NSG_TYPE, "properties": {"securityRules": list(rules), **more}}


def interface(shown: dict[str, Any]) -> dict[str, Any]:
    return {"id": NIC, "properties": {"networkSecurityGroup": shown}}


def estate(*bodies: dict[str, Any], complete: bool = False) -> DocumentEstate:
    documents = {each["id"].lower(): each for each in bodies}
    return DocumentEstate(documents, complete=complete, baseline=Baseline(), now=Clock().now)


@pytest.mark.parametrize("complete", [False, True])
def test_what_a_body_shows_whole_is_read(*, complete: bool) -> None:
    found = estate(interface(group(rule(access="Allow"))), complete=complete).get(NSG)

    assert found is not None
    assert found.items("properties.securityRules")[0]["name"] == "ssh"


@pytest.mark.parametrize(
    "reference",
    [
        {"id": NSG},
        {"id": NSG, "properties": {"primary": True}},
        {"id": NSG, "type": NSG_TYPE},
        {"id": NSG, "type": "Microsoft.Network/routeTables", "properties": {"primary": True}},
    ],
    ids=["an id", "properties of the reference", "no properties", "another type"],
)
def test_a_reference_shows_nothing_of_what_it_names(reference: dict[str, Any]) -> None:
    with pytest.raises(NotGiven):
        estate(interface(reference)).get(NSG)


@pytest.mark.parametrize(
    "shown",
    [
        group(rule(access="Deny")),
        group(rule(access="Allow"), rule("rdp", access="Allow")),
        group(),
        group(rule(access="Allow", ports=["22", "3389"])),
    ],
    ids=["another value", "one more", "one less", "another list"],
)
def test_a_contradiction_is_unreadable_and_says_where(shown: dict[str, Any]) -> None:
    given = group(rule(access="Allow", ports=["22"]))

    with pytest.raises(Unreadable, match="another body shows it with another value") as refused:
        estate(given, interface(shown)).get(NSG)

    assert "securityRules" in refused.value.what


@pytest.mark.parametrize(
    "shown",
    [
        group(rule(access="allow", ports=["443", "22"])),
        group(rule(access="Allow"), flushConnection=True),
        group(rule(Access="Allow"), provisioningState="Updating"),
    ],
    ids=["case and order", "what only one has", "a state"],
)
def test_the_same_said_differently_is_no_contradiction(shown: dict[str, Any]) -> None:
    given = group(rule(access="Allow", ports=["22", "443"]), provisioningState="Succeeded")

    assert estate(given, interface(shown)).get(NSG) is not None


def test_two_bodies_that_show_it_differently_contradict_each_other_too() -> None:
    other = {"id": MACHINE, "properties": {"group": group(rule(access="Deny"))}}

    with pytest.raises(Unreadable):
        estate(interface(group(rule(access="Allow"))), other).get(NSG)
