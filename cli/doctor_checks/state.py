"""Whether the state can be kept in a file, and whether the disk has room for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from adapters.file_remedies import remedy_of
from adapters.sqlite_errors import FileUnavailable
from adapters.store.probe import keeps_a_row
from cli.doctor_checks.check import Check, fail, ok, warn
from drift.ports import Store

NAME: Final = "state store"
_FULL: Final = 64 * 1024**2
_TIGHT: Final = 1024**3
_LOST: Final = "check the disk: it lost what it had accepted"
_STEP: Final = "free disk space, or set STATE_STORE to a path on another disk"


def state(store: Store, path: Path, free: Callable[[Path], int]) -> Check:
    """Write a row, read it, delete it again, and check the free space of the disk."""
    try:
        is_kept = keeps_a_row(store)
        room = free(path.parent)
    except FileUnavailable as error:
        return fail(NAME, f"{path} cannot be used ({error.fault.why})", error.fault.remedy)
    except OSError as error:
        finding = f"the free space beside {path} is unknown ({error.strerror})"
        return fail(NAME, finding, remedy_of(error, path))
    if not is_kept:
        return fail(NAME, f"{path} lost a row that it had accepted", _LOST)
    return disk_space(path, room)


def disk_space(path: Path, room: int) -> Check:
    """Return the check for an amount of free space."""
    finding = f"{path} can be written; {room / 1024**3:.1f} GiB are free"
    if room < _FULL:
        return fail(NAME, finding, _STEP)
    return warn(NAME, finding, _STEP) if room < _TIGHT else ok(NAME, finding)
