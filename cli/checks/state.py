"""Whether the state can be written, and for how long the disk will hold it."""

import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli.checks.check import Check, fail, ok, warn
from drift import layout
from drift.errors import DriftError
from drift.ports import Delete, Put, Store

_NAME: Final = "state store"
_FULL: Final = 64 * 1024**2
_TIGHT: Final = 1024**3
_STEP: Final = "make room, or let STATE_STORE name a path on another disk"


def state(store: Store, path: Path, free: Callable[[Path], int]) -> Check:
    """Write a row, read it, delete it again, and look at the room that is left beside it."""
    key = layout.key("meta", "doctor", uuid.uuid4().hex)
    try:
        store.commit(layout.META, [Put(key, {"at": "now"}, "")])
        found = store.get(layout.META, key)
        store.commit(layout.META, [Delete(key)])
        room = free(path.parent)
    except (OSError, sqlite3.Error, DriftError) as error:
        step = f"give whoever runs this the right to write in {path.parent.absolute()}"
        return fail(_NAME, f"{path} cannot be written ({type(error).__name__})", step)
    if found is None:
        return fail(_NAME, f"{path} lost a row that it had accepted", "see to the disk")
    return judged(path, room)


def judged(path: Path, room: int) -> Check:
    """Say what so many free bytes mean."""
    told = f"{path} can be written; {room / 1024**3:.1f} GiB are free"
    if room < _FULL:
        return fail(_NAME, told, _STEP)
    return warn(_NAME, told, _STEP) if room < _TIGHT else ok(_NAME, told)
