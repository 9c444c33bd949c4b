"""Whether the Python packages that the monitor imports are installed, in the tested versions."""

import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from cli.doctor_checks.check import Check, fail, ok, warn

NEEDED: Final = (
    *("azure-data-tables", "azure-eventgrid", "azure-functions", "azure-identity"),
    *("azure-mgmt-resource", "azure-mgmt-security", "azure-monitor-ingestion"),
    *("azure-monitor-query", "cryptography", "requests"),
)
"""The packages that the project imports itself; their dependencies come with them."""

_NAME: Final = "Python packages"
_INSTALL: Final = "make install"
_PIN: Final = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


def pins(requirements: str) -> dict[str, frozenset[str]]:
    """Return the pinned versions of each package; some have one for each version of Python."""
    found: dict[str, frozenset[str]] = {}
    for name, pinned in _PIN.findall(requirements):
        found[name] = found.get(name, frozenset()) | {pinned}
    return found


def installed(name: str) -> str:
    """Return the version of a package, "" where it is missing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def packages(
    pinned: Mapping[str, frozenset[str]], installed: Callable[[str], str]
) -> Iterator[Check]:
    """Yield a failure for each package that is missing, a warning for each of another version."""
    here = {name: installed(name) for name in NEEDED}
    for name, found in here.items():
        wanted = pinned.get(name, frozenset())
        if not found:
            yield fail(_NAME, f"{name} is missing", _INSTALL)
        elif wanted and found not in wanted:
            tested = " or ".join(sorted(wanted))
            yield warn(_NAME, f"{name} is {found}, tested with {tested}", _INSTALL)
    if all(found and found in pinned.get(name, {found}) for name, found in here.items()):
        yield ok(_NAME, f"all {len(here)} are installed, as requirements.txt pins them")
