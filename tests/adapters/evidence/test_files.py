"""The evidence log in files: what other stores do not have."""

import os
import stat
from pathlib import Path

import pytest

from adapters.evidence.files import EvidenceFiles
from drift.errors import EvidenceUnavailable
from tests.support.evidence import evidence_in

NAME = "ab/shard-0/2026-12-02.jsonl"


@pytest.fixture
def files(tmp_path: Path) -> EvidenceFiles:
    return evidence_in(tmp_path)


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
