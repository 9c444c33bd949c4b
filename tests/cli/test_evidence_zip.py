"""An archive is written completely or not at all, and never over another file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.evidence_archive.zip_file import write_zip
from drift.errors import EvidenceUnavailable
from drift.evidence.verifier import read_archive
from tests.support.full_disk import full_disk


def files(*, is_refused: bool) -> Iterator[tuple[str, bytes]]:
    yield "records/1.json", b"one"
    if is_refused:
        raise EvidenceUnavailable("403")
    yield "manifest.json", b"{}"


def test_an_archive_is_written_as_its_files_come(tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    write_zip(path, files(is_refused=False))

    assert read_archive(path) == {"records/1.json": b"one", "manifest.json": b"{}"}


def test_a_log_that_refuses_in_between_leaves_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"

    with pytest.raises(EvidenceUnavailable):
        write_zip(path, files(is_refused=True))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", [0, 100])
def test_a_full_disk_leaves_no_archive_and_the_error_names_it(tmp_path: Path, room: int) -> None:
    path = tmp_path / "evidence.zip"

    with full_disk(room), pytest.raises(OSError, match=r"File too large: .*evidence\.zip"):
        write_zip(path, files(is_refused=False))

    assert list(tmp_path.iterdir()) == []


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(b"another")

    with pytest.raises(FileExistsError):
        write_zip(path, files(is_refused=False))

    assert path.read_bytes() == b"another"
