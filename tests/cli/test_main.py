"""The command line itself: help, the version, and commands that do not exist."""

import subprocess
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS, main
from cli.checkout import version_line
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


def test_without_a_command_the_help_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    printed = capsys.readouterr()
    assert all(f"    {name} " in printed.out for name in COMMANDS)
    assert printed.err == ""


def test_help_of_a_command_is_that_of_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    main(["help", "replay"])
    by_word = capsys.readouterr().out
    main(["replay", "--help"])

    assert by_word == capsys.readouterr().out
    assert "--fresh" in by_word


@pytest.mark.parametrize("words", [["scna"], ["help", "scna"]])
def test_a_command_that_does_not_exist_is_refused_with_a_hint(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == "phidrift: scna is not a command; did you mean scan?\n"


def test_the_version_begins_with_that_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"phidrift {__version__}")


def test_the_version_of_a_checkout_names_its_commit(checkout: Path) -> None:
    said = version_line(checkout)

    assert said.startswith(f"{__version__} (commit ")
    assert said.endswith(")")
    assert "changes" not in said


def test_the_version_says_that_files_differ_from_the_commit(checkout: Path) -> None:
    (checkout / "file").write_text("two", encoding="utf-8")

    assert version_line(checkout).endswith(", with local changes)")


def test_the_checkout_of_another_project_around_this_one_is_not_named(checkout: Path) -> None:
    inner = checkout / "phidrift"
    inner.mkdir()

    assert version_line(inner) == __version__


def test_without_git_history_there_is_no_commit(tmp_path: Path) -> None:
    assert version_line(tmp_path) == __version__
