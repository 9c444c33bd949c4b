"""One line of the doctor's report: what was looked at, what was found, what to do next."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from drift.untrusted_json import printable

_LONGEST: Final = 2000


class Level(enum.StrEnum):
    """How it stands; only FAIL stops the monitor from doing its work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; ``step`` is what to do next, a command where there is one."""

    level: Level
    name: str
    finding: str
    step: str = ""

    def line(self) -> str:
        """Return the check as one line of a terminal."""
        told = f"{self.level:<4}  {self.name}: {self.finding}"
        return printable(f"{told}; next: {self.step}" if self.step else told, _LONGEST)


def ok(name: str, finding: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(Level.OK, name, finding)


def warn(name: str, finding: str, step: str = "") -> Check:
    """Return a check that found something to know about."""
    return Check(Level.WARN, name, finding, step)


def fail(name: str, finding: str, step: str = "") -> Check:
    """Return a check that found what keeps the monitor from its work."""
    return Check(Level.FAIL, name, finding, step)


def exit_code(checks: Iterable[Check]) -> int:
    """Return 1 where anything fails, else 0."""
    return int(any(each.level is Level.FAIL for each in checks))


def summary(checks: Sequence[Check]) -> str:
    """Return the last line of the report."""
    counts = (f"{sum(each.level is level for each in checks)} {level}" for level in Level)
    return f"{len(checks)} checks: {', '.join(counts)}"
