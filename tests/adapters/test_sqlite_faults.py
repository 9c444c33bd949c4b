"""A state file that cannot be used: one typed error that names the file and what to do."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.queues.protocol import QueuesUnavailable
from adapters.queues.sqlite import SqliteQueues
from adapters.sqlite_errors import FileUnavailable
from adapters.store.sqlite import SqliteStore
from detectors.storage import recovery
from drift.config.model import Config, PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.controls.engine import evaluate_controls
from drift.errors import StoreUnavailable
from drift.estate import Baseline
from drift.model import Resource
from drift.observation.read_estate import ReadCache, ReadEstate
from drift.observation.throttle_gate import ThrottledReader
from drift.phi.resolver import LazyScopeResolver, PriorScope
from drift.ports import Listing, PageCheck, Put, Reading, every_page

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACCOUNT = "/subscriptions/5a4e/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/scans"
SHARD = "05"


class Silent:
    """An ARM that must not be asked: what says whether it may be asked cannot be read."""

    def get(self, resource_id: str) -> Reading:
        raise AssertionError(resource_id)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        raise AssertionError(collection_id)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a database so that nobody else can read or write it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE IF NOT EXISTS other (x)")
        connection.execute("COMMIT")  # the lock stays until the connection is closed
        yield


def damaged(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(SHARD, [Put(f"row{number}", {"text": "x" * 500}) for number in range(90)])
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)


def test_a_locked_file_is_an_unavailable_store_and_works_again_when_it_is_free(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    with closing(SqliteStore(path, busy_seconds=0.05)) as store:
        with locked(path):
            with pytest.raises(StoreUnavailable) as reading:
                store.get(SHARD, "a")
            with pytest.raises(StoreUnavailable):
                store.commit(SHARD, [Put("a", {"x": 1})])
        store.commit(SHARD, [Put("a", {"x": 2})])
        row = store.get(SHARD, "a")

    assert row is not None
    assert row.data == {"x": 2}
    assert str(reading.value) == (
        f"{path}: database is locked (SQLITE_BUSY); another process has locked state.db: "
        "wait for it, or end it"
    )


def test_a_locked_file_in_a_related_read_of_a_control_is_no_verdict(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(SqliteStore(path, busy_seconds=0.05)) as store, locked(path):
        reader = ThrottledReader(Silent(), store, lambda: NOW)
        memory = ReadCache(cached={}, suspects=frozenset(), oldest=NOW)
        estate = ReadEstate(reader, memory, baseline=Baseline(), now=NOW)
        account = Resource(ACCOUNT, "microsoft.storage/storageaccounts", {"kind": "StorageV2"})
        around = DocumentEstate({}, complete=True, baseline=Baseline(), now=NOW)
        scoping = LazyScopeResolver(account, around, PhiScope(), PriorScope())

        with pytest.raises(StoreUnavailable, match="database is locked"):
            evaluate_controls((recovery,), account, estate, scoping=scoping, config=Config())


@pytest.mark.parametrize(
    ("make", "why", "remedy"),
    [
        (Path.mkdir, "Is a directory", "let the setting name another file"),
        (
            lambda path: path.write_bytes(b"swordfish" * 1000),
            "file is not a database (SQLITE_NOTADB)",
            "let the setting name another file",
        ),
        (
            lambda path: path.symlink_to(path / "none" / "state.db"),
            "unable to open database file (SQLITE_CANTOPEN)",
            "give this process the right to write in",
        ),
        (
            damaged,
            "database disk image is malformed (SQLITE_CORRUPT)",
            "stop the monitor and restore state.db from a backup",
        ),
    ],
    ids=["a folder", "another file", "nowhere", "damaged"],
)
def test_the_error_names_the_file_and_what_to_do(
    tmp_path: Path, make: Callable[[Path], object], why: str, remedy: str
) -> None:
    path = tmp_path / "state.db"
    make(path)

    with closing(SqliteStore(path)) as store, pytest.raises(FileUnavailable) as caught:
        store.range(SHARD, "a", "z")

    assert str(caught.value).startswith(f"{path}: {why}; {remedy}")
    assert "swordfish" not in str(caught.value)


def test_a_locked_file_of_queues_is_queues_that_are_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "queues.db"
    with closing(SqliteQueues(path, busy_seconds=0.05)) as queues, locked(path):
        with pytest.raises(QueuesUnavailable, match=r"queues\.db: database is locked"):
            queues.put("changes", "x")
        with pytest.raises(QueuesUnavailable, match=r"queues\.db: database is locked"):
            queues.take("changes", lease_seconds=60, owner="me")
