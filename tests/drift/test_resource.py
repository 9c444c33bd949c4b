"""A resource: its values by path, and its snapshot."""

from collections.abc import Iterator
from typing import Any

import pytest

from drift.errors import Unreadable
from drift.model import MISSING, Resource

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"


class Counted(dict[str, Any]):
    """An object that counts how often all its names are looked at."""

    looks = 0

    def items(self) -> Any:
        self.looks += 1
        return super().items()


def account(body: dict[str, Any], *, whole: bool = True) -> Resource:
    return Resource(ACCOUNT, "microsoft.storage/storageaccounts", body, whole)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"properties": {"isOn": True}}, True),
        ({"Properties": {"ISON": True}}, True),
        ({"properties": {"isOn": None}}, MISSING),
        ({"properties": {"isOn": None, "ison": True}}, MISSING),
        ({"properties": {"ISON": 1, "ison": 2}}, 1),
        ({"properties": {}}, MISSING),
        ({"properties": ["isOn"]}, MISSING),
        ({}, MISSING),
    ],
)
def test_names_in_a_path_ignore_case_and_the_exact_one_counts_first(body: Any, value: Any) -> None:
    resource = account(body)

    assert resource.get("properties.isOn") == value
    assert resource.get("properties.isOn") == value


def test_the_names_of_an_object_are_folded_once_for_all_paths() -> None:
    properties = Counted(one=1, two=2)
    resource = account({"properties": properties})

    assert [resource.get(f"properties.{each}") for each in ("ONE", "TWO", "three")] == [
        *(1, 2, MISSING)
    ]
    assert properties.looks == 1


def test_a_path_below_a_document_in_part_is_unreadable_each_time() -> None:
    resource = account({}, whole=False)

    for _ in range(2):
        with pytest.raises(Unreadable):
            resource.get("properties.isOn")


def test_what_is_made_of_a_resource_is_made_once() -> None:
    numbers = iter(range(9))

    def number(_: Resource) -> Iterator[int]:
        return iter([next(numbers)])

    resource = account({})

    assert resource.derived(number) is resource.derived(number)
    assert next(numbers) == 1


def test_two_resources_of_one_body_are_equal_whatever_was_asked_of_one() -> None:
    asked, other = account({"kind": "StorageV2"}), account({"kind": "StorageV2"})
    asked.get("kind")

    assert asked == other


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["TLS1_2"], "a list is not a string"),
        ({"a": 1}, "an object is not a string"),
        ({}, "an empty object is not a string"),
        (12, "12 is not a string"),
        (True, "true is not a string"),
    ],
)
def test_a_value_of_an_unexpected_type_is_named_without_its_content(value: Any, said: str) -> None:
    with pytest.raises(Unreadable, match=f": {said}$"):
        account({"properties": {"tls": value}}).word("properties.tls")
