"""Commands whose standard output cannot be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EVALUATE = "evaluate samples/evaluate.json"


def ended(
    *arguments: str, shell: str = 'exec "$@"', **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command through a shell, which may change where its output goes."""
    return subprocess.run(
        ["/bin/sh", "-c", shell, "sh", sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_closed_output_is_said_in_one_line() -> None:
    done = ended("controls", "--json", shell='exec "$@" >&-')

    assert (done.returncode, done.stderr) == (
        74,
        "phidrift: standard output cannot be written: it is closed\n",
    )


def test_a_problem_is_no_result_where_standard_error_is_closed() -> None:
    done = ended("nosuch", shell='exec "$@" 2>&-')

    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("command", ["controls --json", "controls", EVALUATE])
def test_an_output_that_takes_nothing_is_said_in_one_line(command: str) -> None:
    done = ended(*command.split(), shell='exec "$@" 1</dev/null')

    assert (done.returncode, done.stderr) == (
        74,
        "phidrift: standard output cannot be written: Bad file descriptor\n",
    )


@pytest.mark.parametrize("command", ["controls --json", "controls", EVALUATE])
def test_a_reader_that_closes_the_pipe_gets_no_error_message(command: str) -> None:
    done = ended(*command.split(), shell='{ "$@"; echo "code $?" >&2; } | true')

    assert done.stderr == "code 141\n"


def test_what_a_terminal_has_no_character_for_is_printed_as_its_number() -> None:
    done = ended("evaluate", "--help", PYTHONIOENCODING="ascii")

    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2026" in done.stdout


def test_each_problem_with_the_settings_has_its_own_line() -> None:
    done = ended("scan", MONITORED_SUBSCRIPTIONS="x", ARM_ENDPOINT="y")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "phidrift: ARM_ENDPOINT is not an https address.",
        "phidrift: MONITORED_SUBSCRIPTIONS: Item 1 is not a subscription GUID.",
    ]


def test_the_file_that_cannot_be_read_is_named_by_what_named_it() -> None:
    by_option = ended("evaluate", "--config", "/nonexistent", MONITOR_CONFIG="/absent")
    by_setting = ended("evaluate", MONITOR_CONFIG="/absent")

    assert [by_option.returncode, by_setting.returncode] == [2, 2]
    assert by_option.stderr == (
        "phidrift: --config: /nonexistent cannot be read: No such file or directory.\n"
    )
    assert by_setting.stderr == (
        "phidrift: MONITOR_CONFIG: /absent cannot be read: No such file or directory.\n"
    )


def in_a_terminal(**environment: str) -> str:
    """Return what evaluate prints of the sample to a terminal."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *EVALUATE.split()],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "COLUMNS": "100", **environment},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ):
        os.close(theirs)
        printed = b""
        try:
            while part := os.read(ours, 65_536):
                printed += part
        except OSError:  # Linux ends a terminal so
            pass
    os.close(ours)
    return printed.decode()


def test_a_terminal_gets_a_table_in_colour() -> None:
    printed = in_a_terminal()

    assert "\x1b[1;31mCRITICAL" in printed
    assert ("BY CONTROL" in printed, '{"case"' in printed) == (True, False)


def test_no_color_leaves_the_colours_out() -> None:
    printed = in_a_terminal(NO_COLOR="1")

    assert ("CRITICAL  " in printed, "\x1b" in printed) == (True, False)
