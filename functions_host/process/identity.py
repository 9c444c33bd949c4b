"""The holder of a lease: a process by its number and start time, so that a dead one is recognised."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PS: Final = Path("/bin/ps")
_SEPARATOR: Final = "|"
_DEAD_STATES: Final = ("Z", "X")
"""A zombie is dead: it holds nothing, and its parent has not read its exit code yet."""


def this_process() -> str:
    """Return this process's identity, the same in each of its threads, and never reused."""
    return _SEPARATOR.join((str(os.getpid()), _started(os.getpid()), _machine()))


def is_dead(identity: str) -> bool:
    """Tell whether a process is known to be gone.

    A process of another machine, container or boot is not known to be gone: its leases expire instead.
    """
    pid, _, rest = identity.partition(_SEPARATOR)
    started, _, machine = rest.partition(_SEPARATOR)
    if machine != _machine() or not pid.isdecimal() or not started:
        return False
    # The system reuses numbers: then the process has another start time.
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """Return when a process started, in the system's own unit; "" if there is no such process."""
    if _PROC.joinpath("self").exists():
        return _started_by_proc(pid)
    if not _PS.exists():
        return ""
    asked = subprocess.run(  # noqa: S603 - a fixed command and a number
        [str(_PS), "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C"},
    )
    return asked.stdout.strip()


def _started_by_proc(pid: int) -> str:
    try:
        status = _PROC.joinpath(str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # The second field is the command in brackets and may hold anything: count from its end.
    fields = status.rpartition(")")[2].split()
    return "" if fields[0] in _DEAD_STATES else fields[19]


def _machine() -> str:
    """Return the scope in which process numbers are unique: machine, boot and namespace."""
    return _SEPARATOR.join((platform.node(), _boot(), _namespace()))


def _boot() -> str:
    path = _PROC / "sys/kernel/random/boot_id"
    return path.read_text().strip() if path.exists() else ""


def _namespace() -> str:
    path = _PROC / "self/ns/pid"
    return os.readlink(path) if path.is_symlink() else ""
