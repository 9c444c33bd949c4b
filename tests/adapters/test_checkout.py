"""The version of the code: with its commit in a checkout and in a package that names it."""

import subprocess
from pathlib import Path

import pytest

from adapters.checkout import COMMIT_FILE, CodeVersion, code_version
from drift.version import __version__


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ana", "-c", "user.email=ana@clinic.example")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("one", encoding="utf-8")
    git(tmp_path, "init")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--message", "first")
    return tmp_path


def test_the_version_of_a_checkout_names_its_commit(checkout: Path) -> None:
    found = code_version(checkout)

    assert (len(found.commit), found.is_changed) == (12, False)
    assert found.sentence == f"{__version__} (commit {found.commit})"
    assert found.word == f"{__version__}+{found.commit}"


def test_the_version_says_that_files_differ_from_the_commit(checkout: Path) -> None:
    (checkout / "file").write_text("two", encoding="utf-8")
    found = code_version(checkout)

    assert found.sentence == f"{__version__} (commit {found.commit}, with local changes)"
    assert found.word == f"{__version__}+{found.commit}.changed"


def test_a_tag_does_not_stand_for_the_commit(checkout: Path) -> None:
    git(checkout, "tag", "--annotate", "--message", "first", "v9.9.9")

    assert code_version(checkout).word.startswith(f"{__version__}+")
    assert "v9" not in code_version(checkout).word


def test_a_package_names_the_commit_that_it_was_made_from(tmp_path: Path) -> None:
    (tmp_path / COMMIT_FILE).write_text(f"{'0123456789abcdef' * 2}01234567\n", encoding="utf-8")

    assert code_version(tmp_path) == CodeVersion("0123456789ab")


@pytest.mark.parametrize("text", ["", "main", "0123", "0123456789abcdefg", "\u00fc"])
def test_a_file_that_names_no_commit_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / COMMIT_FILE).write_text(text, encoding="utf-8")

    assert code_version(tmp_path).word == __version__


def test_the_checkout_of_another_project_around_this_one_is_not_named(checkout: Path) -> None:
    inner = checkout / "phidrift"
    inner.mkdir()

    assert code_version(inner).sentence == __version__


def test_without_git_history_there_is_no_commit(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    assert code_version(tmp_path).sentence == __version__
