"""The command line itself: help, the version, and commands that do not exist."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS, main
from drift.version import __version__

MISSING = "the following arguments are required: --reason, --outcome"
NO_NUMBER = "argument --seed: 'x' is not a whole number"


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


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["scna"], "scna is not a command; did you mean scan?"),
        (["help", "scna"], "scna is not a command; did you mean scan?"),
        (["SCAN"], "SCAN is not a command; did you mean scan?"),
        (["status"], "status is not a command; did you mean health?"),
        (["verify", "x.zip"], "verify is not a command; did you mean evidence verify?"),
        (["nosuch"], f"nosuch is not a command; the commands are {', '.join(COMMANDS)}"),
    ],
)
def test_a_command_that_does_not_exist_is_refused_with_what_may_be_meant(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"phidrift: {problem}\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["incidents", "lst"], "phidrift incidents: lst is not an action; did you mean list?"),
        (
            ["evidence", "x"],
            "phidrift evidence: x is not an action; the actions are export, verify",
        ),
        (["evidence"], "phidrift evidence: an action is missing; the actions are export, verify"),
        (
            ["incidents", "list", "--by", "x"],
            "phidrift incidents list: --by is not an option; `phidrift help incidents list` lists them",
        ),
        (
            ["incidents", "decide", "0123abcd", "--by=x"],
            f"phidrift incidents decide: {MISSING}; `phidrift help incidents decide` shows the usage",
        ),
        (
            ["incidents", "list", "-x"],
            "phidrift incidents list: -x is not an option; `phidrift help incidents list` shows the usage",
        ),
        (
            ["doctor", "--json", "x"],
            "phidrift doctor: x is one argument too many; `phidrift help doctor` shows the usage",
        ),
        (
            ["demo", "--seed", "x"],
            f"phidrift demo: {NO_NUMBER}; `phidrift help demo` shows the usage",
        ),
    ],
)
def test_what_is_wrong_behind_a_command_is_one_line_with_the_way_on(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"{problem}\n"


@pytest.mark.parametrize(
    ("words", "own", "of_others"),
    [
        (["incidents", "show"], ("ID", "--json"), ("--by", "--all")),
        (["incidents", "decide"], ("--by NAME", "--outcome"), ("--basis", "--all")),
        (["evidence", "verify"], ("ARCHIVE", "--checkpoint"), ("--incident", "--out")),
    ],
)
def test_the_help_of_an_action_shows_what_that_action_takes(
    words: list[str],
    own: tuple[str, ...],
    of_others: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert main(["help", *words]) == 0

    assert capsys.readouterr().out == shown
    assert all(each in shown for each in own)
    assert not any(each in shown for each in of_others)


@pytest.mark.parametrize(
    "words",
    [
        ["incidents", "--json", "show", "no id"],
        ["incidents", "show", "--json", "no id"],
        ["incidents", "--by", "list", "--reason", "x", "suspect", "no id"],
        ["incidents", "--residents", "CA=1", "--by=list", "count", "no id", "--reason=x"],
        ["incidents", "--js", "count", "no id", "--by=x", "--reason=x", "--total", "1"],
    ],
)
def test_an_option_of_an_action_may_stand_before_it(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert "phidrift: no id is not the id of an incident" in capsys.readouterr().err


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
