"""Bytecode and zip of a folder, such that the same files give the same bytes."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from tools.package.target import PackageError

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_UNIX: Final = 3


def compile_modules(app: Path) -> None:
    """Compile every module; raise PackageError on one that does not compile.

    The bytecode is never checked against its source: unpacking a zip changes the times of files, and
    Azure mounts the app read-only, so that each start would compile everything again.
    """
    done = subprocess.run(  # noqa: S603 - fixed words and a folder of the build
        [
            *(sys.executable, "-S", "-P", "-m", "compileall", "-q", "-f", "-s", str(app)),
            *("--invalidation-mode", "unchecked-hash", str(app)),
        ],
        env={"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackageError(f"A module does not compile:\n{done.stdout}{done.stderr}")


def write_zip(folder: Path, target: Path) -> int:
    """Write the files of a folder, by name, with fixed dates and modes; return their number."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    with zipfile.ZipFile(target, "w") as archive:
        for each in files:
            info = zipfile.ZipInfo(each.relative_to(folder).as_posix(), _DATE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, _MODE
            info.create_system = _UNIX
            archive.writestr(info, each.read_bytes(), compresslevel=9)
    return len(files)
