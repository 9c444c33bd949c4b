"""Whether the state can be written, and how much disk space is left."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.sqlite import SqliteStore
from cli.doctor_checks.check import Level, fail
from cli.doctor_checks.state import disk_space, state
from drift.ports import Row, Write
from drift.state import keys

GIB = 1024**3


class Forgetful:
    """A store that accepts everything and keeps nothing."""

    def get(self, partition: str, key: str) -> Row | None:
        return None

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        return ()

    def commit(self, partition: str, writes: Sequence[Write]) -> None:
        pass


def test_a_store_that_keeps_a_row_is_fine_and_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(SqliteStore(path)) as store:
        found = state(store, path, lambda _: 5 * GIB)
        left = store.range(keys.META, *keys.below("meta"))

    assert found.line() == f"ok    state store: {path} can be written; 5.0 GiB are free"
    assert left == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "state.db"
    with closing(SqliteStore(path)) as store:
        found = state(store, path, lambda _: 5 * GIB)

    assert found.level is Level.FAIL
    assert f"{path} cannot be used (" in found.finding
    assert str(path.parent) in found.step


def test_a_file_that_is_none_of_ours_is_named_and_no_right_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"swordfish" * 1000)
    with closing(SqliteStore(path)) as store:
        found = state(store, path, lambda _: 5 * GIB)

    assert found == fail(
        "state store",
        f"{path} cannot be used (file is not a database)",
        "let the setting name another file, or move this one away",
    )


def test_a_folder_is_named_and_no_right_is_asked_for(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path)) as store:
        found = state(store, tmp_path, lambda _: 5 * GIB)

    assert found.finding == f"{tmp_path} cannot be used (Is a directory)"
    assert "right" not in found.step


def test_a_store_that_loses_what_it_took_fails(tmp_path: Path) -> None:
    found = state(Forgetful(), tmp_path / "state.db", lambda _: 5 * GIB)

    assert found.level is Level.FAIL


@pytest.mark.parametrize(
    ("room", "level"),
    [(5 * GIB, Level.OK), (GIB // 2, Level.WARN), (GIB // 100, Level.FAIL)],
)
def test_the_room_that_is_left_decides(room: int, level: Level) -> None:
    assert disk_space(Path("state.db"), room).level is level
