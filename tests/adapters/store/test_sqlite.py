"""What SQLite adds to the contract: processes, crashes, threads that end."""

import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite_errors import FileUnavailable
from adapters.sqlite_file import BUSY_SECONDS, SqliteFile
from adapters.store.sqlite import SqliteStore
from drift.ports import Put
from tests.adapters.store.store_processes import SHARD

ROOT = Path(__file__).parents[3]


def process(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.adapters.store.store_processes", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def connection_of(file: SqliteFile) -> sqlite3.Connection:
    with file.connection() as connection:
        return connection


def insert(file: SqliteFile, *statements: str) -> None:
    with file.transaction() as connection:
        for statement in statements:
            connection.execute(statement)


def test_processes_that_contend_lose_no_write(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.db"
    processes = [process("count", str(path), "60") for _ in range(3)]
    for each in processes:
        each.communicate()

    with closing(SqliteStore(path)) as store:
        row = store.get(SHARD, "counter")

    assert [each.returncode for each in processes] == [0, 0, 0]
    assert row is not None
    assert row.data == {"value": 180}


def test_a_killed_process_loses_nothing_it_was_told_is_written(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    writer = process("write", str(path))
    assert writer.stdout is not None
    told = [int(next(writer.stdout)) for _ in range(25)]
    writer.kill()
    told += [int(line) for line in writer.communicate()[0].splitlines()]

    with closing(SqliteStore(path)) as store:
        left = [row.key.partition("|")[2] for row in store.range(SHARD, "left|", "left}")]
        right = [row.key.partition("|")[2] for row in store.range(SHARD, "right|", "right}")]

    assert {f"{number:06}" for number in told} <= set(left)
    assert left == right


def test_the_folder_is_made_and_closed_to_others(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / ".phidrift" / "state.db")) as store:
        store.commit(SHARD, [Put("a", {})])

    assert stat.S_IMODE((tmp_path / ".phidrift").stat().st_mode) == 0o700


def test_commits_are_synced_to_the_disk(tmp_path: Path) -> None:
    with closing(SqliteFile(tmp_path / "state.db", "")) as file, file.connection() as connection:
        full = connection.execute("PRAGMA synchronous").fetchone()
        journal = connection.execute("PRAGMA journal_mode").fetchone()

    assert (full, journal) == ((2,), ("wal",))


def test_each_thread_has_its_own_connection_and_an_ended_one_leaves_none(tmp_path: Path) -> None:
    with closing(SqliteFile(tmp_path / "state.db", "")) as file:
        seen: list[sqlite3.Connection] = [connection_of(file)]
        for _ in range(3):
            thread = threading.Thread(target=lambda: seen.append(connection_of(file)))
            thread.start()
            thread.join()

        assert connection_of(file) is seen[0]
        assert len(set(map(id, seen))) == 4
        with pytest.raises(sqlite3.ProgrammingError):
            seen[1].execute("SELECT 1")


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "state" / "state.db").close()

    assert not (tmp_path / "state").exists()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    store.close()

    with pytest.raises(RuntimeError, match="closed"):
        store.get(SHARD, "a")


def test_a_commit_that_fails_leaves_the_connection_usable(tmp_path: Path) -> None:
    with closing(
        SqliteFile(tmp_path / "state.db", "CREATE TABLE IF NOT EXISTS t (x NOT NULL);")
    ) as file:
        with pytest.raises(sqlite3.IntegrityError):
            insert(file, "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (NULL)")
        insert(file, "INSERT INTO t VALUES (2)")

        assert connection_of(file).execute("SELECT x FROM t").fetchall() == [(2,)]


def test_a_file_that_cannot_be_opened_is_said_without_waiting_for_a_turn(tmp_path: Path) -> None:
    (tmp_path / "state.db").symlink_to(tmp_path / "none" / "state.db")
    began = time.monotonic()
    with (
        closing(SqliteFile(tmp_path / "state.db", "")) as file,
        pytest.raises(FileUnavailable, match=r"state\.db: unable to open"),
    ):
        connection_of(file)

    assert time.monotonic() - began < BUSY_SECONDS
