"""One check of the doctor's report: its name, the finding, and the next step."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from drift.untrusted_json import printable

_LONGEST: Final = 2000


class Level(enum.StrEnum):
    """The result of a check; only FAIL stops the monitor."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked; ``step`` is what to do next, a command where there is one."""

    level: Level
    name: str
    finding: str
    step: str = ""

    def line(self) -> str:
        """Return the check as one line of a terminal."""
        text = f"{self.level:<4}  {self.name}: {self.finding}"
        step = f"{text.removesuffix('.')}; next: {self.step}"
        return printable(step if self.step else text, _LONGEST)

    def as_data(self) -> dict[str, str]:
        """Return the check as ``--json`` prints it."""
        return {
            "level": self.level.value,
            "name": printable(self.name, _LONGEST),
            "finding": printable(self.finding, _LONGEST),
            "next": printable(self.step, _LONGEST),
        }


def ok(name: str, finding: str) -> Check:
    """Return a successful check."""
    return Check(Level.OK, name, finding)


def warn(name: str, finding: str, step: str = "") -> Check:
    """Return a check that found something the operator should know."""
    return Check(Level.WARN, name, finding, step)


def fail(name: str, finding: str, step: str = "") -> Check:
    """Return a check that found a problem that stops the monitor."""
    return Check(Level.FAIL, name, finding, step)


def exit_code(checks: Iterable[Check]) -> int:
    """Return 1 where anything fails, else 0."""
    return int(any(each.level is Level.FAIL for each in checks))


def summary(checks: Sequence[Check]) -> str:
    """Return the last line of the report."""
    counts = (f"{sum(each.level is level for each in checks)} {level}" for level in Level)
    return f"{len(checks)} checks: {', '.join(counts)}"


def as_data(checks: Sequence[Check]) -> dict[str, Any]:
    """Return the whole report as ``--json`` prints it."""
    counts = {str(level): sum(each.level is level for each in checks) for level in Level}
    return {"checks": [each.as_data() for each in checks], "summary": counts}
