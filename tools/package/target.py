"""The Python and platform that the app runs on in Azure, and which wheels and modules fit it.

Flex Consumption runs Python 3.13 on Debian Bookworm (glibc 2.36). Nothing promises that base image,
so no wheel may need a glibc later than 2.28.
"""

import sys
from typing import Final

from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

PYTHON: Final = (3, 13)

PLATFORMS: Final = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
ABIS: Final = ("cp313", "abi3", "none")

_EXTENSIONS: Final = (".cpython-313-x86_64-linux-gnu.so", ".abi3.so")


class PackageError(Exception):
    """The package cannot be made; says why."""


def check_interpreter() -> None:
    """Raise PackageError unless this Python is the deployed one: it resolves markers and compiles."""
    if sys.version_info[:2] != PYTHON:
        wanted = ".".join(map(str, PYTHON))
        raise PackageError(
            f"The package is made with Python {wanted} only, the one that runs in Azure; "
            f"this is {sys.version.split()[0]}. Install Python {wanted} and run make install again."
        )


def check_wheel(filename: str) -> None:
    """Raise PackageError on a wheel for another Python or platform."""
    _, _, _, tags = parse_wheel_filename(filename)
    if not any(_fits(each) for each in tags):
        raise PackageError(f"{filename} is for another Python or platform")


def check_extension(path: str) -> None:
    """Raise PackageError on a compiled module for another Python or platform."""
    name = path.rpartition("/")[2]
    is_compiled = name.endswith((".so", ".pyd", ".dylib", ".dll")) or ".so." in name
    if is_compiled and not name.endswith(_EXTENSIONS):
        raise PackageError(f"{path} is compiled for another Python or platform")


def _fits(tag: Tag) -> bool:
    if tag.platform == "any":
        return tag.abi == "none" and tag.interpreter in ("py3", "cp313", "py313")
    if tag.platform not in PLATFORMS:
        return False
    if tag.abi == "abi3":
        version = tag.interpreter.removeprefix("cp3")
        return version.isdigit() and int(version) <= PYTHON[1]
    return (tag.interpreter, tag.abi) in (("cp313", "cp313"), ("py3", "none"))
