"""Requests to stop: the first stops cleanly, the second at once, none is lost."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from functions_host.process.stopping import Stopped, StopRequests

ROOT = Path(__file__).resolve().parents[2]

WITH_HANDLERS = """
import os, signal, sqlite3, threading, time
from functions_host.process.stopping import StopRequests
stop = StopRequests()
stop.install()
"""

TWO_AT_ONCE = """
stop.make_orderly()
os.kill(os.getpid(), signal.SIGTERM)
os.kill(os.getpid(), signal.SIGINT)
time.sleep(60)
"""

ONE = """
stop.make_orderly()
os.kill(os.getpid(), signal.SIGTERM)
try:
    stop.pause(60)
except BaseException as error:
    print(type(error).__name__, error.exit_code)
"""

WHILE_A_FILE_IS_LOCKED = """
sqlite3.connect("locked.db", isolation_level=None).execute("BEGIN EXCLUSIVE")
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
sqlite3.connect("locked.db", timeout=60).execute("BEGIN IMMEDIATE")
"""

HANGED_UP_UNDER_NOHUP = """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
stop.install()
os.kill(os.getpid(), signal.SIGHUP)
print("still here")
"""


class Ends:
    """Notes the exit codes with which the process would have ended."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.happened = threading.Event()

    def __call__(self, code: int) -> None:
        self.codes.append(code)
        self.happened.set()


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script with the handlers installed; it has far less time than it would sleep."""
    return subprocess.run(
        [sys.executable, "-c", WITH_HANDLERS + script],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_before_anything_must_be_finished_the_first_request_ends_the_process() -> None:
    ends = Ends()

    StopRequests(end=ends).request(143)

    assert ends.codes == [0]


def test_the_first_request_is_waited_for_and_the_second_ends_the_process() -> None:
    ends = Ends()
    stop = StopRequests(end=ends)
    stop.make_orderly()

    before = stop.wait(0)
    stop.request(130)
    after = stop.wait(0), list(ends.codes)
    stop.request(143)

    assert (before, after, ends.codes) == (False, (True, []), [143])


def test_a_pause_lasts_until_the_first_request_and_tells_its_exit_code() -> None:
    stop = StopRequests(end=Ends())
    stop.make_orderly()
    stop.pause(0)
    stop.request(130)

    with pytest.raises(Stopped) as stopped:
        stop.pause(60)

    assert stopped.value.exit_code == 130


def test_an_orderly_stop_has_a_time_limit() -> None:
    ends = Ends()
    stop = StopRequests(grace_seconds=0.01, end=ends)
    stop.make_orderly()
    stop.request(143)

    assert ends.happened.wait(10)
    assert ends.codes == [1]


def test_the_last_steps_run_newest_first_and_one_that_fails_does_not_keep_the_process() -> None:
    ends, ran = Ends(), list[str]()
    stop = StopRequests(end=ends)
    stop.before_end(Path("/no such folder").rmdir)
    stop.before_end(lambda: ran.append("child"))

    with pytest.raises(FileNotFoundError):
        stop.request(143)

    assert (ran, ends.codes) == (["child"], [0])


def test_two_signals_without_a_pause_between_them_end_the_process(tmp_path: Path) -> None:
    ended = run(TWO_AT_ONCE, tmp_path)

    assert (ended.returncode, ended.stderr) == (130, "")


def test_one_signal_lets_the_command_finish(tmp_path: Path) -> None:
    ended = run(ONE, tmp_path)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "Stopped 143\n", "")


def test_a_signal_is_not_delayed_by_a_main_thread_that_waits_for_a_lock(tmp_path: Path) -> None:
    ended = run(WHILE_A_FILE_IS_LOCKED, tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_hang_up_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    ended = run(HANGED_UP_UNDER_NOHUP, tmp_path)

    assert (ended.returncode, ended.stdout) == (0, "still here\n")
