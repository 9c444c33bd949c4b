"""What to do about an error of the operating system at a file."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FULL: Final = "free space on the disk of {folder}"
_RIGHTS: Final = "give this process the right to read and write {path}, and to write in {folder}"
_DISK: Final = "check the disk of {folder}: the system reports an error of the device"

_REMEDIES: Final[Mapping[int, str]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM), _RIGHTS),
    errno.EROFS: "let the setting name a folder on a disk that can be written: {folder} is read-only",
    errno.EIO: _DISK,
    errno.ENOENT: "create {path}, or let the setting name a file that exists",
    errno.EISDIR: "let the setting name another file, or move this folder away",
    errno.EEXIST: "let the setting name another file: {folder} is not a folder",
    errno.ENOTDIR: "let the setting name another file: {folder} is not a folder",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "raise the number of open files (ulimit -n)"),
    errno.ENAMETOOLONG: "let the setting name a shorter path",
}


def remedy_of(error: OSError, path: Path) -> str:
    """Return what to do about an error; one without a known cause names only the place."""
    remedy = _REMEDIES.get(error.errno or 0, "check {path} and the disk of {folder}")
    return with_places(remedy, path)


def with_places(remedy: str, path: Path) -> str:
    """Return a remedy with the name of a file and its folder."""
    return remedy.replace("{path}", path.name).replace("{folder}", str(path.parent.absolute()))
