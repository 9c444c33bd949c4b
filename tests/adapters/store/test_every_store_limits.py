"""The limits of every store, which are those of Azure Tables."""

import itertools
from typing import Any

import pytest

from adapters.store.limits import ENVELOPE_BYTES, MAX_BATCH_BYTES, MAX_PROPERTY_BYTES, LimitExceeded
from drift.ports import Delete, Put, Store, Write
from tests.adapters.store.stores import SHARD, keys_of


def too_many_writes() -> list[Write]:
    return [Put(f"k{n}", {}) for n in range(101)]


def too_large_a_batch() -> list[Write]:
    row = {f"p{n}": "x" * 30_000 for n in range(5)}
    return [Put(f"k{n}", row) for n in range(MAX_BATCH_BYTES // (150_000 + ENVELOPE_BYTES) + 1)]


def too_large_by_its_quotes() -> list[Write]:
    """Return rows whose nested JSON doubles its size on the wire."""
    row = {f"p{n}": ['"' * 10_000] for n in range(5)}
    return [Put(f"k{n}", row) for n in range(MAX_BATCH_BYTES // (200_000 + ENVELOPE_BYTES) + 1)]


@pytest.mark.parametrize(
    ("batch", "place"),
    [
        (too_many_writes(), "101 writes"),
        ([Put("twice", {}), Delete("twice")], "twice: written twice"),
        (too_large_a_batch(), "over 4 MiB"),
        (too_large_by_its_quotes(), "over 4 MiB"),
        ([Put("k", {f"p{n}": 1 for n in range(252)})], "k: 252 properties"),
        ([Put("k", {"long": "x" * 32_769})], "property 'long'"),
        ([Put("k", {"long": "𐐷" * 16_385})], "property 'long'"),
        ([Put("k", {"deep": {"list": ["x" * 32_769]}})], "property 'deep'"),
        ([Put("k", {f"p{n}": "x" * 32_768 for n in range(16)})], "k: a row of"),
        ([Put("k", {"not-a-name": 1})], "property 'not-a-name'"),
        ([Put("k", {"RowKey": 1})], "property 'RowKey'"),
        ([Put("k", {"x": float("nan")})], "property 'x'"),
        ([Put("k", {"x": {1, 2}})], "property 'x'"),
        ([Put("k" * 512, {})], "512 characters"),
        ([Put("𐐷" * 256, {})], "512 characters"),
        ([Delete("k" * 512)], "512 characters"),
    ],
    ids=itertools.count(),
)
def test_what_azure_would_refuse_is_refused_by_place_and_nothing_is_written(
    store: Store, batch: list[Write], place: str
) -> None:
    with pytest.raises(LimitExceeded, match=place):
        store.commit(SHARD, batch)

    assert keys_of(store) == []


@pytest.mark.parametrize("character", ["/", "\\", "#", "?", "\t", "\n", "\x7f", "\x9f", "\ud800"])
def test_a_forbidden_character_is_refused_in_every_key(store: Store, character: str) -> None:
    key = f"resource|{character}"

    with pytest.raises(LimitExceeded):
        store.commit(SHARD, [Put(key, {})])
    with pytest.raises(LimitExceeded):
        store.commit(key, [Put("k", {})])
    with pytest.raises(LimitExceeded):
        store.get(SHARD, key)
    with pytest.raises(LimitExceeded):
        store.range(key, "", "z")


def test_a_refusal_never_carries_the_content(store: Store) -> None:
    with pytest.raises(LimitExceeded) as refused:
        store.commit(SHARD, [Put("k", {"note": "swordfish" * 8_000})])

    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize(
    "row",
    [
        {"long": "x" * (MAX_PROPERTY_BYTES // 2)},
        {f"p{n}": n for n in range(251)},
        {f"p{n}": "x" * 32_700 for n in range(15)},
    ],
    ids=["a property of 64 KiB", "251 properties", "a row of nearly 1 MiB"],
)
def test_what_azure_would_take_is_taken(store: Store, row: dict[str, Any]) -> None:
    store.commit(SHARD, [Put("k" * 511, row)])

    found = store.get(SHARD, "k" * 511)
    assert found is not None
    assert found.data == row


def test_a_batch_of_a_hundred_is_taken(store: Store) -> None:
    store.commit(SHARD, [Put(f"k{n:03}", {"x": "y" * 1000}) for n in range(100)])

    assert len(keys_of(store)) == 100
