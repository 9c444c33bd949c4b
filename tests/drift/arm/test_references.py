"""The ids that a document refers to; an id is absent only if the document shows that."""

from collections.abc import Callable
from typing import Any

import pytest

from drift.arm.references import id_at, ids_at, items_at, reference_at, references_at, values_at
from drift.errors import Unreadable
from drift.model import Resource

GROUP = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/clinic"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/front"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/files"
SUBNET_TYPE = "microsoft.network/virtualnetworks/subnets"

AT = "properties.it"

READERS: tuple[Callable[[object, str], Any], ...] = (id_at, reference_at, references_at, items_at)


def holding(value: object) -> dict[str, Any]:
    return {"properties": {"it": value}}


def resource(body: dict[str, Any], *, whole: bool = True) -> Resource:
    return Resource(MACHINE, "microsoft.compute/virtualmachines", body, whole)


def named(read: Callable[[object, str], Any]) -> str:
    return str(getattr(read, "__name__", read))


@pytest.mark.parametrize("wrap", [lambda body: body, resource], ids=["document", "resource"])
def test_each_reader_returns_what_the_holder_shows(wrap: Callable[[Any], object]) -> None:
    assert id_at(wrap(holding(SUBNET)), AT) == SUBNET
    assert reference_at(wrap(holding({"id": SUBNET})), AT) == SUBNET
    assert reference_at(wrap(holding({"id": SUBNET})), AT, SUBNET_TYPE) == SUBNET
    assert references_at(wrap(holding([{"id": SUBNET}, {"id": MACHINE}])), AT) == (SUBNET, MACHINE)
    assert items_at(wrap(holding([1, "two"])), AT) == (1, "two")


@pytest.mark.parametrize("body", [{}, {"properties": {}}, holding(None)], ids=repr)
@pytest.mark.parametrize("read", READERS, ids=named)
def test_nothing_is_returned_where_a_whole_document_shows_nothing(
    read: Callable[[object, str], Any], body: dict[str, Any]
) -> None:
    assert not read(body, AT)
    assert not read(resource(body), AT)


@pytest.mark.parametrize("read", READERS, ids=named)
def test_nothing_is_known_to_be_absent_from_a_resource_that_is_known_in_part(
    read: Callable[[object, str], Any],
) -> None:
    with pytest.raises(Unreadable, match=AT):
        read(resource({"properties": {}}, whole=False), AT)


@pytest.mark.parametrize("holder", ["text", {"properties": "text"}, {"properties": []}], ids=repr)
@pytest.mark.parametrize("read", READERS, ids=named)
def test_nothing_is_known_to_be_absent_below_what_is_not_an_object(
    read: Callable[[object, str], Any], holder: object
) -> None:
    with pytest.raises(Unreadable, match=AT):
        read(holder, AT)


@pytest.mark.parametrize("value", ["front", "", 7, {}, [SUBNET]], ids=repr)
def test_an_id_that_is_none_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable, match="not a resource id"):
        id_at(holding(value), AT)


@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": "front"}, SUBNET, 7], ids=repr)
def test_a_reference_without_an_id_is_unreadable_alone_and_in_a_list(value: object) -> None:
    with pytest.raises(Unreadable, match="not a resource id"):
        reference_at(holding(value), AT)
    with pytest.raises(Unreadable, match="one of them is not a resource id"):
        references_at(holding([{"id": SUBNET}, value]), AT)


def test_a_reference_to_another_type_is_unreadable() -> None:
    with pytest.raises(Unreadable, match=f"not the id of one of the {SUBNET_TYPE}"):
        reference_at(holding({"id": MACHINE}), AT, SUBNET_TYPE)


@pytest.mark.parametrize("value", ["text", {"id": SUBNET}, 7], ids=repr)
def test_what_is_not_a_list_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable, match="not a list"):
        items_at(holding(value), AT)
    with pytest.raises(Unreadable, match="not a list"):
        references_at(holding(value), AT)


def test_a_path_through_lists_yields_every_value_that_is_shown() -> None:
    body = {"properties": {"rules": [{"id": SUBNET}, {"id": ""}, {"other": 1}, {"id": MACHINE}]}}

    assert [*values_at(body, "properties.rules[].id")] == [SUBNET, "", MACHINE]
    assert ids_at(body, "properties.rules[].id") == (SUBNET, MACHINE)
    assert ids_at({}, "properties.rules[].id") == ()


@pytest.mark.parametrize("rules", ["text", [7], [{"id": "front"}], [{"id": 7}]], ids=repr)
def test_a_path_through_what_has_another_form_is_unreadable(rules: object) -> None:
    with pytest.raises(Unreadable):
        ids_at({"properties": {"rules": rules}}, "properties.rules[].id")
