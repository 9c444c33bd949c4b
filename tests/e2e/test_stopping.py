"""The demo and ``served`` leave no process and no folder, however they end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.functions_host.hosting import eventually

ROOT = Path(__file__).resolve().parents[2]

SERVES = """
import sys, time
from pathlib import Path
from functions_host.subprocess import served
settings = {
    "MONITORED_SUBSCRIPTIONS": "00000000-0000-0000-0000-00000000000a",
    "TEAMS_WEBHOOK_URL": "https://127.0.0.1:9/w?s=1",
}
with served(Path(sys.argv[1]), settings, "") as app:
    print(app.url, flush=True)
    time.sleep(600)
"""


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python with a folder for temporary files; kill it at the end if it still runs."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(folder), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that says something."""
    assert process.stdout
    return next(line for line in process.stdout if line.strip()).strip()


def processes_with(word: str) -> list[str]:
    """Return the numbers of the processes that have a word in their environment."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            environment = each.joinpath("environ").read_bytes()
        except OSError:
            continue
        if word.encode() in environment:
            found.append(each.name)
    return found


@pytest.mark.parametrize(
    ("numbers", "codes"),
    [
        ((signal.SIGTERM,), (143,)),
        ((signal.SIGINT,), (130,)),
        ((signal.SIGINT, signal.SIGTERM), (130, 143)),
    ],
)
def test_a_signal_ends_the_demo_and_leaves_no_process_or_folder(
    tmp_path: Path, numbers: tuple[signal.Signals, ...], codes: tuple[int, ...]
) -> None:
    with running(tmp_path, "-m", "cli", "demo") as demo:
        first_line(demo)
        for number in numbers:
            demo.send_signal(number)
        _, errors = demo.communicate(timeout=60)

    assert demo.returncode in codes
    assert errors == ""
    assert list(tmp_path.iterdir()) == []
    assert eventually(lambda: not processes_with(str(tmp_path)))


def test_a_process_that_is_killed_leaves_no_serve_behind(tmp_path: Path) -> None:
    with running(tmp_path, "-c", SERVES, str(tmp_path)) as process:
        url = first_line(process)
        served = requests.get(f"{url}/api/health", timeout=60).status_code
        process.kill()
        process.wait()
        is_gone = eventually(lambda: not processes_with(str(tmp_path)))

    assert (served, is_gone) == (200, True)
