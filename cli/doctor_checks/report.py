"""How the checks of ``phidrift doctor`` are printed: line by line, or as one JSON object."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from cli.doctor_checks.check import Check, as_data, fail, summary
from drift.errors import BadSettings

_BAD_SETTINGS: Final = 2
_CORRECT_SETTING: Final = (
    "set or correct it in the environment or in local.settings.json; docs/settings.md explains it"
)
_CORRECT_FILE: Final = "correct the file; `phidrift config check` checks it"


def refused_settings(error: BadSettings, env: Mapping[str, str]) -> list[Check]:
    """Return a check for each problem of the settings or of monitor.toml, with where to correct it."""
    path = env.get("MONITOR_CONFIG", "").strip()
    return [
        fail(
            "settings",
            each,
            _CORRECT_FILE if path and each.startswith(path) else _CORRECT_SETTING,
        )
        for each in error.problems
    ]


class ReportPrinter(Protocol):
    """How the checks are printed."""

    def add(self, check: Check) -> Check:
        """Print a check if the format allows it, and return it."""

    def refuse(self, problems: Sequence[Check]) -> int:
        """Print what is wrong with the settings, and return the exit code."""

    def end(self, checks: Sequence[Check]) -> None:
        """Print the end of the report."""


class Lines:
    """Prints each check as soon as it is known, since some take seconds."""

    def add(self, check: Check) -> Check:
        """Print a check."""
        print(check.line(), flush=True)
        return check

    def refuse(self, problems: Sequence[Check]) -> int:
        """Print each problem on standard error."""
        for each in problems:
            print(each.line(), file=sys.stderr)
        return _BAD_SETTINGS

    def end(self, checks: Sequence[Check]) -> None:
        """Print the number of checks by result."""
        print(summary(checks))


class JsonReport:
    """Prints one JSON object at the end: the checks, and their number by result."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def add(self, check: Check) -> Check:
        """Keep a check."""
        self._checks.append(check)
        return check

    def refuse(self, problems: Sequence[Check]) -> int:
        """Print the problems after the earlier checks."""
        self.end([*self._checks, *problems])
        return _BAD_SETTINGS

    def end(self, checks: Sequence[Check]) -> None:
        """Print the object."""
        print(json.dumps(as_data(checks), indent=2))
