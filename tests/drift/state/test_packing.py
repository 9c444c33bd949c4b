"""Packed values: what cannot be unpacked is not understood, and never another error."""

import base64
import zlib

import pytest

from drift.errors import NotUnderstood
from drift.state.packing import pack, unpack


@pytest.mark.parametrize(
    "chunk",
    [
        "!!!",
        "",
        7,
        True,
        ["a"],
        base64.b85encode(b"not compressed").decode(),
        base64.b85encode(zlib.compress(b"{not json")).decode(),
        base64.b85encode(zlib.compress(b"\xff\xfe")).decode(),
        base64.b85encode(zlib.compress(b'{"a": 1}')[:-3]).decode(),
        "ü",
    ],
)
def test_what_is_packed_in_another_way_is_not_understood(chunk: object) -> None:
    with pytest.raises(NotUnderstood, match="record is not understood"):
        unpack({"record0": chunk}, "record")


def test_what_was_packed_comes_back_and_nothing_is_none() -> None:
    value = {"a": [1, None, "ü"] * 20_000}

    assert unpack(pack(value, "record"), "record") == value
    assert unpack({}, "record") is None
