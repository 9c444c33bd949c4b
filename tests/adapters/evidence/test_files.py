"""The evidence log in files: it only grows, also where a process dies within a write."""

import os
import stat
from pathlib import Path

import pytest

from adapters.evidence.files import EvidenceFiles
from drift.errors import EvidenceUnavailable
from tests.support.evidence import Kept, MemoryEvidence, evidence_in

NAME = "ab/shard-0/2026-12-02.jsonl"


@pytest.fixture
def files(tmp_path: Path) -> EvidenceFiles:
    return evidence_in(tmp_path)


@pytest.fixture(params=["files", "memory"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    return evidence_in(tmp_path) if request.param == "files" else MemoryEvidence()


def test_what_is_appended_stands_in_order(log: Kept) -> None:
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"


def test_an_append_that_is_repeated_changes_nothing(log: Kept) -> None:
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, b"two\n")
    log.append(NAME, 0, b"one\n")
    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"


@pytest.mark.parametrize("there", [b"", b"t", b"two", b"two\n"])
def test_an_append_of_which_a_part_was_written_is_completed(log: Kept, there: bytes) -> None:
    log.append(NAME, 0, b"one\n" + there)
    log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == b"one\ntwo\n"


@pytest.mark.parametrize("there", [b"", b"one", b"one\nTWO\n", b"one\ntw0"])
def test_a_file_that_was_cut_or_changed_is_refused_and_left_as_it_is(
    log: Kept, there: bytes
) -> None:
    log.append(NAME, 0, there)

    with pytest.raises(EvidenceUnavailable):
        log.append(NAME, 4, b"two\n")

    assert log.read(NAME) == there


def test_a_file_that_was_made_once_stays(log: Kept) -> None:
    log.create("ab/shard-0/checkpoints/000000000001.txt", b"first")
    log.create("ab/shard-0/checkpoints/000000000001.txt", b"second")

    assert log.read("ab/shard-0/checkpoints/000000000001.txt") == b"first"
    assert log.names() == ["ab/shard-0/checkpoints/000000000001.txt"]


def test_the_owner_alone_reads_the_log(files: EvidenceFiles, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files.append(NAME, 0, b"one\n")
        files.create("ab/keys/00.txt", b"key")
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "log").rglob("*.*")}
    assert modes == {0o600}


def test_a_folder_that_cannot_be_used_is_named_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "log").touch()

    with pytest.raises(EvidenceUnavailable, match="Not a directory") as refused:
        evidence_in(tmp_path).append(NAME, 0, b"one\n")

    assert str(tmp_path) not in str(refused.value)
