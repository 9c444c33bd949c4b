"""Write an archive as a zip file."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

_ENTRY_TIME: Final = (2020, 1, 1, 0, 0, 0)
"""The time of every entry of an archive; the manifest has the real time."""


def write_zip(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write an archive, completely or not at all; raise OSError with the path, also where it exists."""
    try:
        with path.open("xb") as out:
            try:
                _write(out, files)
            except BaseException:
                path.unlink()
                raise
    except OSError as error:
        error.filename = error.filename or str(path)  # a write names no file
        raise


def _write(out: BinaryIO, files: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _ENTRY_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    out.flush()
