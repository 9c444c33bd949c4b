"""Turn SQLite's errors into one that names the file, the fault and the remedy."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.file_remedies import remedy_of, with_places
from adapters.queues.protocol import QueuesUnavailable
from drift.errors import UNANSWERED, StoreUnavailable

_PRIMARY_CODE: Final = 0xFF
"""The low byte of an error code says what failed, the rest why: https://sqlite.org/rescode.html"""

CONTENDED: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)

_REMEDIES: Final = {
    **dict.fromkeys(CONTENDED, "another process has locked {path}: wait for it, or end it"),
    sqlite3.SQLITE_FULL: "free space on the disk of {folder}",
    sqlite3.SQLITE_IOERR: "check the disk of {folder}",
    sqlite3.SQLITE_CORRUPT: "stop the monitor and restore {path} from a backup",
    sqlite3.SQLITE_NOTADB: "let the setting name another file, or move this one away",
    sqlite3.SQLITE_READONLY: "give this process the right to write {path} and in {folder}",
    sqlite3.SQLITE_PERM: "give this process the right to read and write {path}",
    sqlite3.SQLITE_CANTOPEN: "give this process the right to write in {folder}",
}
_REMEDY: Final = "check it with `sqlite3 {path} 'PRAGMA integrity_check'`"
_OF_THE_CALLER: Final = (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.DataError)
"""Errors caused by the caller, not by the file."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """Why a file cannot be used now, and what to do."""

    path: Path
    why: str
    code: str
    remedy: str

    def __str__(self) -> str:
        """Return one line for a log or a person."""
        code = f" ({self.code})" if self.code else ""
        return f"{self.path}: {self.why}{code}; {self.remedy}"


class FileUnavailable(StoreUnavailable):
    """The state's file can be neither read nor written now; nothing was written."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(str(fault.path), UNANSWERED, fault.code, fault.why)
        self.args = (str(fault),)  # a file has no HTTP status
        self.fault = fault


def queues_unavailable(fault: FileFault) -> QueuesUnavailable:
    """Return the error of queues whose file cannot be used."""
    return QueuesUnavailable(str(fault))


def fault_of(error: sqlite3.Error | OSError, path: Path) -> FileFault | None:
    """Return the fault of the file that an error shows, None if the caller caused it."""
    if isinstance(error, OSError):
        why = error.strerror or type(error).__name__
        return FileFault(path, why, "", remedy_of(error, path))
    if isinstance(error, _OF_THE_CALLER):
        return None
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    name = str(getattr(error, "sqlite_errorname", ""))
    return FileFault(path, str(error), name, with_places(_REMEDIES.get(code, _REMEDY), path))


def is_contended(error: sqlite3.OperationalError) -> bool:
    """Tell whether another connection is in the way: then a later try may succeed."""
    return error.sqlite_errorcode & _PRIMARY_CODE in CONTENDED
