"""The contract of every store."""

import threading
from collections.abc import Callable

import pytest

from drift.errors import Conflict
from drift.ports import Delete, Put, Store, Write
from tests.adapters.store.stores import SHARD, etag_of, keys_of


def test_get_returns_what_was_put(store: Store) -> None:
    data = {
        "text": 'ä€𐐷 "quoted" \\ / \n',
        "number": 7,
        "share": 0.25,
        "on": True,
        "none": None,
        "nested": {"list": [1, None, "x"], "empty": {}},
        "large": [2**31, -(2**31) - 1, 2**63 - 1, 2**70],
        "long": 2**63 - 1,
        "longer": 2**70,
        "empty": "",
        "json": "json:null",
        "time": "2026-11-22T03:14:07+00:00",
        "control": "\x00\x1b\ud800",
    }

    store.commit(SHARD, [Put("resource|a", data)])

    row = store.get(SHARD, "resource|a")
    assert row is not None
    assert (row.key, row.data) == ("resource|a", data)


@pytest.mark.parametrize(
    "key", ["it's", "a b", "100%", "a+b&c=d", "ä€𐐷", "x,y(z)", "due|20261122T0"]
)
def test_a_key_may_hold_what_an_address_must_escape(store: Store, key: str) -> None:
    store.commit(SHARD, [Put(key, {"x": 1}, etag="")])
    store.commit(SHARD, [Put(key, {"x": 2}, etag=etag_of(store, key)), Delete("none")])

    assert keys_of(store) == [key]
    assert [row.data for row in store.range(SHARD, key, f"{key}|")] == [{"x": 2}]

    store.commit(SHARD, [Delete(key, etag=etag_of(store, key))])

    assert store.get(SHARD, key) is None


def test_get_returns_none_where_there_is_nothing(store: Store) -> None:
    store.commit(SHARD, [Put("a", {})])

    assert store.get(SHARD, "b") is None
    assert store.get("08", "a") is None


def test_every_write_changes_the_etag_even_when_the_data_stays(store: Store) -> None:
    seen = set()
    for _ in range(3):
        store.commit(SHARD, [Put("a", {"x": 1})])
        seen.add(etag_of(store, "a"))
    store.commit(SHARD, [Delete("a")])
    store.commit(SHARD, [Put("a", {"x": 1}, etag="")])
    seen.add(etag_of(store, "a"))

    assert len(seen) == 4


def test_an_insert_conflicts_where_the_row_exists(store: Store) -> None:
    store.commit(SHARD, [Put("a", {"x": 1}, etag="")])

    with pytest.raises(Conflict):
        store.commit(SHARD, [Put("a", {"x": 2}, etag="")])

    row = store.get(SHARD, "a")
    assert row is not None
    assert row.data == {"x": 1}


def test_a_put_with_the_etag_it_read_replaces_the_whole_row(store: Store) -> None:
    store.commit(SHARD, [Put("a", {"x": 1, "y": 2})])

    store.commit(SHARD, [Put("a", {"x": 3}, etag=etag_of(store, "a"))])

    row = store.get(SHARD, "a")
    assert row is not None
    assert row.data == {"x": 3}


def stale_put(store: Store) -> Write:
    old = etag_of(store, "a")
    store.commit(SHARD, [Put("a", {"x": 2})])
    return Put("a", {"x": 3}, etag=old)


def stale_delete(store: Store) -> Write:
    old = etag_of(store, "a")
    store.commit(SHARD, [Put("a", {"x": 2})])
    return Delete("a", etag=old)


def put_of_a_row_that_is_gone(store: Store) -> Write:
    old = etag_of(store, "a")
    store.commit(SHARD, [Delete("a")])
    return Put("a", {"x": 3}, etag=old)


def delete_of_a_row_that_is_gone(store: Store) -> Write:
    old = etag_of(store, "a")
    store.commit(SHARD, [Delete("a")])
    return Delete("a", etag=old)


def put_of_a_row_that_came_back(store: Store) -> Write:
    old = etag_of(store, "a")
    store.commit(SHARD, [Delete("a")])
    store.commit(SHARD, [Put("a", {"x": 1}, etag="")])
    return Put("a", {"x": 3}, etag=old)


@pytest.mark.parametrize(
    "late",
    [
        stale_put,
        stale_delete,
        put_of_a_row_that_is_gone,
        delete_of_a_row_that_is_gone,
        put_of_a_row_that_came_back,
    ],
)
def test_a_write_that_comes_late_conflicts(store: Store, late: Callable[[Store], Write]) -> None:
    store.commit(SHARD, [Put("a", {"x": 1})])
    write = late(store)
    before = store.get(SHARD, "a")

    with pytest.raises(Conflict):
        store.commit(SHARD, [write])

    assert store.get(SHARD, "a") == before


def test_a_star_deletes_whatever_is_there_and_also_nothing(store: Store) -> None:
    store.commit(SHARD, [Put("a", {})])

    store.commit(SHARD, [Delete("a"), Delete("never there")])

    assert keys_of(store) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_batch_is_written_all_or_nothing(store: Store, place: int) -> None:
    store.commit(SHARD, [Put("old", {"x": 1}), Put("gone", {})])
    good: list[Write] = [Put("new", {}), Put("old", {"x": 2})]
    batch = [*good[:place], Delete("gone", etag="stale"), *good[place:]]

    with pytest.raises(Conflict):
        store.commit(SHARD, batch)

    row = store.get(SHARD, "old")
    assert row is not None
    assert row.data == {"x": 1}
    assert keys_of(store) == ["gone", "old"]


def test_an_empty_batch_is_nothing(store: Store) -> None:
    store.commit(SHARD, [])

    assert keys_of(store) == []


def test_a_range_is_in_ordinal_order_from_first_up_to_but_not_end(store: Store) -> None:
    keys = ["B", "a", "a|", "a|0", "a|1", "a|10", "a|2", "b", "é"]
    store.commit(SHARD, [Put(key, {"k": key}) for key in reversed(keys)])

    assert keys_of(store) == keys
    assert [row.key for row in store.range(SHARD, "a|", "a|2")] == ["a|", "a|0", "a|1", "a|10"]
    assert [row.data["k"] for row in store.range(SHARD, "a|0", "a}")] == [
        "a|0",
        "a|1",
        "a|10",
        "a|2",
    ]


def test_a_range_stays_within_its_partition_and_its_limit(store: Store) -> None:
    store.commit(SHARD, [Put(f"due|{n:03}", {}) for n in range(10)])
    store.commit("08", [Put("due|000x", {})])

    found = store.range(SHARD, "due|", "due}", limit=3)

    assert [row.key for row in found] == ["due|000", "due|001", "due|002"]
    assert store.range(SHARD, "due|", "due}", limit=0) == []


def test_a_range_row_carries_the_etag_that_a_write_needs(store: Store) -> None:
    store.commit(SHARD, [Put("a", {})])
    (row,) = store.range(SHARD, "a", "b")

    store.commit(SHARD, [Put("a", {"x": 1}, etag=row.etag)])

    assert etag_of(store, "a") != row.etag


def test_of_many_threads_that_hold_one_etag_exactly_one_writes(store: Store) -> None:
    store.commit(SHARD, [Put("cursor", {"owner": ""})])
    etag = etag_of(store, "cursor")
    winners: list[str] = []
    start = threading.Barrier(8)

    def claim(name: str) -> None:
        start.wait()
        try:
            store.commit(SHARD, [Put("cursor", {"owner": name}, etag=etag)])
        except Conflict:
            return
        winners.append(name)

    threads = [threading.Thread(target=claim, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    row = store.get(SHARD, "cursor")
    assert row is not None
    assert winners == [row.data["owner"]]
