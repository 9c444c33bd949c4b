"""Values are stored in Azure's own types and read back unchanged."""

import enum
from typing import Any

import pytest

from adapters.store.table_entities import restored, stored


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("plain", "plain"),
        ("", ""),
        ("ä€𐐷\n\t", "ä€𐐷\n\t"),
        (True, True),
        (7, 7),
        (2**63 - 1, 2**63 - 1),
        (None, "json:null"),
        (0.1, "json:0.1"),
        (2**63, "json:9223372036854775808"),
        ([1, None], "json:[1,null]"),
        ({"a": {}}, 'json:{"a":{}}'),
        ("json:null", 'json:"json:null"'),
        ("\x00\x1b\ufffe\ud800", 'json:"\\u0000\\u001b\\ufffe\\ud800"'),
    ],
)
def test_a_value_is_kept_in_a_type_that_gives_it_back(value: Any, kept: Any) -> None:
    assert stored(value) == kept
    assert restored(stored(value)) == value
    assert type(restored(stored(value))) is type(value)


def test_an_enum_is_kept_as_its_value() -> None:
    class Colour(enum.StrEnum):
        RED = "red"

    assert type(stored(Colour.RED)) is str
    assert stored(Colour.RED) == "red"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x"])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        stored(value)
