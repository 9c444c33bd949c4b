"""Recognising a dead process, and only a dead one."""

import os
import subprocess
import sys

from functions_host.process.identity import is_dead, this_process

ASK = "from functions_host.process.identity import this_process; print(this_process(), flush=True); input()"


def test_this_process_is_alive() -> None:
    assert not is_dead(this_process())


def test_a_process_is_known_as_dead_once_it_is_killed_even_before_it_is_reaped() -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout
        identity = other.stdout.readline().strip()
        was_dead = is_dead(identity)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet reaped

        is_now = is_dead(identity)

    assert (was_dead, is_now) == (False, True)


def test_a_number_given_again_stands_for_another_process() -> None:
    pid, _, machine = this_process().split("|", 2)

    assert is_dead(f"{pid}|1|{machine}")


def test_a_process_of_another_machine_is_not_known_to_be_dead() -> None:
    pid, started, _ = this_process().split("|", 2)

    assert not is_dead(f"{pid}|{started}0|elsewhere|boot|namespace")


def test_what_is_no_identity_is_not_known_to_be_dead() -> None:
    assert not is_dead("")
    assert not is_dead("somebody")
