"""A document that another body contains completely is used; two contradicting ones are not."""

from typing import Any

import pytest

from drift.controls.document_estate import DocumentEstate
from drift.controls.expanded_documents import contradiction
from drift.errors import NotGiven, Unreadable
from drift.estate import Baseline
from drift.model import Resource
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


def listed(*bodies: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": f"{GROUP}/providers/{kind}", "value": list(bodies)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ipRules": [{"value": "10.0.0.1"}]}, {"ipRules": [{"value": "10.0.0.2"}]}),
        ({"ipRules": [{"value": "10.0.0.1"}]}, {"ipRules": []}),
        ({"open": True}, {"open": 0}),
    ],
    ids=["items without an id", "an empty list", "a boolean of Resource Graph"],
)
def test_these_are_contradictions(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert contradiction({"properties": one}, {"properties": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([{"value": "a"}, {"value": "b"}], [{"value": "B", "action": "Allow"}, {"value": "a"}]),
        (True, 1),
        (False, "false"),
    ],
)
def test_these_are_none(one: object, other: object) -> None:
    assert not contradiction({"properties": {"it": one}}, {"properties": {"it": other}})


@pytest.mark.parametrize("name", ["etag", "provisioningState", "lastModifiedTime", "Etag"])
def test_what_differs_between_two_answers_is_none(name: str) -> None:
    one, other = {**rule(), name: "1"}, {**rule(), name: "2"}

    assert not contradiction({"properties": {"it": [one]}}, {"properties": {"it": [other]}})


@pytest.mark.parametrize("name", ["tags", "sku", "kind", "identity", "managedBy"])
def test_what_stands_beside_the_properties_is_compared(name: str) -> None:
    one, other = {"id": NSG, name: {"a": "x"}}, {"id": f"{NSG}/", name: {"a": "y"}, "etag": "2"}

    assert contradiction(one, other) == f"{name}.a"
    assert not contradiction(one, {"id": NSG, name: None})
    assert not contradiction(one, {"id": NSG})


def test_a_list_with_an_item_that_its_own_document_contradicts_is_unreadable() -> None:
    other = {"id": f"{NSG}2", "properties": {"securityRules": []}}
    both = listed(group(rule(access="Deny")), other, kind=NSG_TYPE)

    with pytest.raises(Unreadable, match="another body shows it with another value") as refused:
        estate(group(rule(access="Allow")), both).extensions(GROUP, NSG_TYPE)

    assert [each.id for each in refused.value.partial] == [other["id"]]


@pytest.mark.parametrize("answer", [404, "it is given twice, with different content"])
def test_a_listed_item_whose_own_document_is_refused_so_is_unreadable(answer: int | str) -> None:
    items = listed(group(rule()), kind=NSG_TYPE)
    documents = {NSG.lower(): answer, items["id"].lower(): items}
    found = DocumentEstate(documents, complete=True, baseline=Baseline(), now=Clock().now)

    with pytest.raises(Unreadable):
        found.get(NSG)
    with pytest.raises(Unreadable):
        found.extensions(GROUP, NSG_TYPE)


def test_a_body_is_contradicted_by_the_document_of_a_child_that_it_shows() -> None:
    shown = {**rule(access="Deny"), "type": f"{NSG_TYPE}/securityRules"}

    with pytest.raises(Unreadable) as refused:
        estate(group(shown), rule(access="Allow")).get(NSG)

    assert refused.value.what.endswith("/securityrules/ssh#properties.access")


def test_a_resource_has_a_version_for_each_body_that_contradicts_it() -> None:
    own = group(rule(access="Allow"), flushConnection=True)
    resource = Resource(NSG, NSG_TYPE.lower(), own)

    [(where, other)] = estate(own, interface(group(rule(access="Deny")))).versions(resource)

    assert where.endswith(
        "#properties.securityRules[" + f"{NSG}/securityRules/ssh".lower() + "].properties.access"
    )
    assert other.items("properties.securityRules")[0]["properties"]["access"] == "Deny"
    assert other.get("properties.flushConnection") is True
