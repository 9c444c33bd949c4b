"""The wheels of requirements.txt for the deployed Python: downloaded by hash, checked, unpacked."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name, parse_wheel_filename

from tools.package.target import ABIS, PLATFORMS, PYTHON, PackageError, check_extension, check_wheel

_SITE_SCHEMES: Final = frozenset({"purelib", "platlib"})
"""The parts of a wheel's ``.data`` folder that are modules; scripts, headers and data do not run."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel: its file, what it is, and its metadata."""

    path: Path
    name: str
    version: str
    sha256: str
    metadata: Message


def download(requirements: Path, folder: Path) -> None:
    """Download the wheels that the deployed Python gets; raise PackageError where one is missing."""
    options = [
        *("--python-version", ".".join(map(str, PYTHON)), "--implementation", "cp"),
        *(word for each in ABIS for word in ("--abi", each)),
        *(word for each in PLATFORMS for word in ("--platform", each)),
    ]
    done = subprocess.run(  # noqa: S603 - fixed words and paths of the project
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-input", "--no-deps", "--require-hashes", "--only-binary", ":all:", *options),
            *("--dest", str(folder), "--requirement", str(requirements)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackageError(f"pip could not download the wheels:\n{done.stderr.strip()}")


def wheels_in(folder: Path) -> tuple[Wheel, ...]:
    """Return the wheels of a folder by name; raise PackageError on one that does not fit."""
    return tuple(_wheel(each) for each in sorted(folder.iterdir()))


def _wheel(path: Path) -> Wheel:
    if path.suffix != ".whl":
        raise PackageError(f"{path.name} is not a wheel")
    check_wheel(path.name)
    name, version, _, _ = parse_wheel_filename(path.name)
    with zipfile.ZipFile(path) as archive:
        [metadata] = [
            each
            for each in archive.namelist()
            if each.endswith(".dist-info/METADATA") and each.count("/") == 1
        ]
        text = archive.read(metadata).decode("utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Wheel(path, canonicalize_name(name), str(version), digest, Parser().parsestr(text))


def unpack(wheels: Sequence[Wheel], folder: Path, reserved: frozenset[str]) -> None:
    """Unpack the modules of the wheels; ``reserved`` are top-level names that none may own.

    Raise PackageError on such a name, on a module for another platform and on a file of two wheels.
    """
    folder.mkdir(parents=True)
    for wheel in wheels:
        with zipfile.ZipFile(wheel.path) as archive:
            for member in sorted(archive.namelist()):
                path = _place(member)
                if path is None:
                    continue
                _check_member(wheel, path, reserved)
                _write(folder / path, archive.read(member), wheel)


def _place(member: str) -> PurePosixPath | None:
    """Return where a file of a wheel belongs below site-packages, None where it is not a module."""
    parts = PurePosixPath(member).parts
    if member.endswith("/") or ".." in parts or PurePosixPath(member).is_absolute():
        return None
    if parts[0].endswith(".data"):
        return PurePosixPath(*parts[2:]) if parts[1] in _SITE_SCHEMES else None
    return PurePosixPath(*parts)


def _check_member(wheel: Wheel, path: PurePosixPath, reserved: frozenset[str]) -> None:
    check_extension(str(path))
    top = path.parts[0]
    name = top.partition(".")[0] if len(path.parts) == 1 else top
    if name in reserved:
        raise PackageError(
            f"{wheel.name} installs {top}, which would hide the project's own {name} in Azure"
        )


def _write(path: Path, content: bytes, wheel: Wheel) -> None:
    if path.exists() and path.read_bytes() != content:
        raise PackageError(f"{wheel.name} overwrites {path.name} of another package")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
