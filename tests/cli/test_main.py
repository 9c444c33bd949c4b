"""The command line itself: help, the version, and commands that do not exist."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS, main
from drift.version import __version__


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


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--verison"], "phidrift: --verison is not an option; did you mean --version?"),
        (
            ["scan", "--fromat=csv"],
            "phidrift scan: --fromat is not an option; did you mean --format?",
        ),
        (["explain", "--jsno"], "phidrift explain: --jsno is not an option; did you mean --json?"),
        (
            ["doctor", "--x"],
            "phidrift doctor: --x is not an option; `phidrift help doctor` lists them",
        ),
    ],
)
def test_an_option_that_does_not_exist_is_refused_with_a_hint(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"{problem}\n"


def test_an_option_may_be_shortened_and_a_word_behind_two_hyphens_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["controls", "--js", "--", "storage-tls"]) == 0
    assert main(["evaluate", "--verbose", "samples/evaluate.json"]) == 1
    assert main(["evaluate", "--", "--x"]) == 2
    assert "--x: No such file" in capsys.readouterr().err


def test_the_version_begins_with_that_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"phidrift {__version__}")


INTERRUPTING = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPTED_IMPORT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
"""
"""A module ``sitecustomize``, which Python imports when it starts: Ctrl-C comes during an import."""


@pytest.mark.parametrize(
    "module", ["argparse", "adapters.checkout", "drift.errors", "cli.controls"]
)
def test_ctrl_c_during_the_imports_ends_the_command_without_a_traceback(
    tmp_path: Path, module: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTING, encoding="utf-8")

    ended = subprocess.run(
        [Path(sys.executable).with_name("phidrift"), "controls"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "INTERRUPTED_IMPORT": module},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == -signal.SIGINT  # a shell shows it as 130
    assert (ended.stdout, ended.stderr) == ("", "")
