"""Wrong settings or a wrong monitor.toml: one error that names every problem, and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

WRONG_FILE = """
surprise = 1

[timing]
settle_seconds = "soon"

[[routes]]
channels = ["pigeon"]
"""
IN_FILE = ("line 2, surprise", "line 5, timing.settle_seconds", "line 8, routes")

WRONG = {
    "MONITORED_SUBSCRIPTIONS": "all of them",
    "TEAMS_WEBHOOK_URL": "http://flow.example/swordfish",
    "SPLUNK_HEC_URL": "https://splunk.example/services/collector/event",
    "TICK_SCHEDULE": "often",
    "STATE_STORE": "sqlit:state.db",
    "PYTHON_THREADPOOL_THREAD_COUNT": "2",
}
IN_SETTINGS = (*WRONG, "SPLUNK_HEC_TOKEN")


@pytest.mark.parametrize("command", ["serve --port 0", "doctor"])
def test_everything_that_is_wrong_is_named_at_once_and_once(tmp_path: Path, command: str) -> None:
    ended = run(command, WRONG, wrong_file(tmp_path))

    assert ended.returncode == 2
    assert [name for name in (*IN_SETTINGS, *IN_FILE) if name not in ended.stderr] == []
    assert len(ended.stderr.splitlines()) == len((*WRONG, *IN_FILE))
    assert "swordfish" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("state", [".", "other.db"])
def test_a_state_that_cannot_be_used_is_named_before_anything_is_served(
    tmp_path: Path, state: str
) -> None:
    (tmp_path / "other.db").write_bytes(b"swordfish" * 1000)
    empty = tmp_path / "monitor.toml"
    empty.touch()
    right = {
        "MONITORED_SUBSCRIPTIONS": "00000000-0000-0000-0000-00000000000a",
        "TEAMS_WEBHOOK_URL": "https://flow.example/swordfish",
        "STATE_STORE": f"sqlite:{tmp_path / state}",
    }
    ended = run("serve --port 0", right, empty)

    (told,) = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert told.startswith(
        f"phidrift: STATE_STORE names a file that cannot be used: {tmp_path / state}: "
    )


def test_evaluate_names_everything_that_is_wrong_with_the_file(tmp_path: Path) -> None:
    ended = run("evaluate", {}, wrong_file(tmp_path))

    assert (ended.returncode, ended.stdout) == (2, "")
    assert [name for name in IN_FILE if name not in ended.stderr] == []
    assert "line 2" in ended.stderr


def test_nothing_set_at_all_names_what_is_required(tmp_path: Path) -> None:
    ended = run("serve --port 0", {}, tmp_path / "there is none.toml")

    assert ended.returncode == 2
    for name in ("MONITORED_SUBSCRIPTIONS", "TEAMS_WEBHOOK_URL", "MONITOR_CONFIG"):
        assert name in ended.stderr


def wrong_file(folder: Path) -> Path:
    path = folder / "monitor.toml"
    path.write_text(WRONG_FILE, encoding="utf-8")
    return path


def run(command: str, settings: dict[str, str], config: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with these settings and no others."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *command.split()],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MONITOR_CONFIG": str(config), **settings},
        input="",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
