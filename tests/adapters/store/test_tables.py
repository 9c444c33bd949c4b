"""Azure Tables beyond the contract of stores: creating the table, pages, logging."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableClient

from adapters.store.table_entities import COMMIT
from adapters.store.tables import TABLE, TableStore
from drift.config.storage_account import StorageAccount
from drift.errors import Conflict
from drift.ports import Delete, Put
from tests.adapters.store.stores import SHARD, keys_of
from tests.azurite import KEY, Azurite


@pytest.fixture
def account(azurite: Azurite) -> StorageAccount:
    return azurite.account()


@pytest.fixture
def store(account: StorageAccount) -> Iterator[TableStore]:
    with closing(TableStore(account)) as opened:
        yield opened


@pytest.fixture
def table(account: StorageAccount) -> Iterator[TableClient]:
    """Yield the table as its owner sees it."""
    credential = AzureNamedKeyCredential(account.name, KEY)
    with TableClient(account.tables, TABLE, credential=credential) as client:
        yield client


def test_where_there_is_no_table_there_is_nothing(store: TableStore) -> None:
    assert store.get(SHARD, "a") is None
    assert keys_of(store) == []


def test_a_deletion_where_there_is_no_table_is_done(store: TableStore) -> None:
    store.commit(SHARD, [Delete("a")])

    with pytest.raises(Conflict):
        store.commit(SHARD, [Delete("a", etag="W/\"datetime'2026-11-22T03%3A14%3A07.1Z'\"")])


def test_stores_that_begin_at_once_make_one_table(account: StorageAccount) -> None:
    stores = [TableStore(account) for _ in range(6)]
    start = threading.Barrier(len(stores))

    def begin(number: int) -> None:
        start.wait()
        stores[number].commit(SHARD, [Put(f"k{number}", {})])

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(len(stores))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    left = keys_of(stores[0])
    for opened in stores:
        opened.close()

    assert left == [f"k{number}" for number in range(len(stores))]


def test_a_range_goes_on_over_azures_pages(store: TableStore) -> None:
    for begin in range(0, 1200, 100):
        store.commit(SHARD, [Put(f"k{begin + number:04}", {}) for number in range(100)])

    assert len(store.range(SHARD, "k", "l", limit=1100)) == 1100
    assert [row.key for row in store.range(SHARD, "k", "l", limit=2000)][-1] == "k1199"


def test_a_row_holds_its_data_as_azures_own_types_and_the_mark_of_its_commit(
    store: TableStore, table: TableClient
) -> None:
    store.commit(SHARD, [Put("a", {"text": "x", "on": True, "n": 7}), Put("b", {"none": None})])

    first, second = table.query_entities("RowKey ge 'a'")
    assert {name: first[name] for name in ("text", "on", "n")} == {"text": "x", "on": True, "n": 7}
    assert second["none"] == "json:null"
    assert first[COMMIT] == second[COMMIT] != ""


def test_nothing_of_a_row_or_a_key_is_logged(
    store: TableStore, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        store.commit(SHARD, [Put("a", {"note": "swordfish"})])
        store.range(SHARD, "a", "b")
    logged = [each for each in caplog.records if not each.name.startswith("urllib3")]

    assert [each.getMessage() for each in logged] == []
    assert "swordfish" not in caplog.text
    assert KEY not in caplog.text


def test_a_closed_store_says_so(account: StorageAccount) -> None:
    store = TableStore(account)
    store.close()

    with pytest.raises(RuntimeError, match="closed"):
        store.get(SHARD, "a")
