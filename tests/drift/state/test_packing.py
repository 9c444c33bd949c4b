"""Packed values: what cannot be unpacked is not understood, and never another error."""

import base64
import zlib
from concurrent.futures import ThreadPoolExecutor

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


def test_each_of_many_values_comes_back_as_itself_whether_it_is_still_remembered_or_not() -> None:
    rows = [pack({"number": number}, "record") for number in range(500)]

    assert [unpack(each, "record") for each in rows] == [{"number": at} for at in range(500)]


def test_what_another_process_packed_is_understood_and_then_written_as_it_was() -> None:
    packed = base64.b85encode(zlib.compress(b'{"a":"b"}', 1)).decode()

    assert unpack({"record0": packed}, "record") == {"a": "b"}
    assert pack({"a": "b"}, "record") == {"record0": packed}


def test_values_that_threads_pack_at_once_are_not_mixed_up() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(
            lambda number: unpack(pack({"number": number % 150}, "record"), "record"), range(3000)
        )

        assert [each["number"] for each in found] == [number % 150 for number in range(3000)]
