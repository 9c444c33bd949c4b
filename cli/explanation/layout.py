"""How an explanation is laid out: wrapped lines, labels, and times beside their distance from now."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cli.output.colours import Paint
from drift.clock import bounds
from drift.untrusted_json import printable

LABEL: Final = 11
"""The width of a label, with the space behind it."""

INDENT: Final = LABEL + 2

LONGEST: Final = 1000
"""Maximum number of shown characters of a text of the state."""

_UNITS: Final = (("d", 86_400, 2), ("h", 3600, 2), ("min", 60, 1))
"""Each unit, its seconds, and the smallest number from which it is used."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Wraps lines for one terminal, and shows times as they are seen at ``now``, in UTC."""

    now: datetime
    paint: Paint
    width: int

    def fact(self, label: str, text: str) -> list[str]:
        """Return a labelled fact."""
        return self._filled(f"{label:<{LABEL}}{text}", "", " " * LABEL)

    def item(self, label: str, colour: str, text: str) -> Iterator[str]:
        """Yield a line with a coloured label, and its continuation indented below it."""
        first, *rest = self._filled(text, " " * INDENT, " " * INDENT)
        space = " " * max(1, LABEL - len(label))
        yield f"  {self.paint(label, colour)}{space}{first.lstrip()}"
        yield from rest

    def wrapped(self, text: str, indent: int) -> list[str]:
        """Return an indented text."""
        return self._filled(text, " " * indent, " " * (indent + 2))

    def when(self, at: datetime) -> str:
        """Return a time, and how far it is from now."""
        return f"{self.time(at)} ({self.distance(at)})"

    def time(self, at: datetime) -> str:
        """Return a time, with its day where that is not today."""
        utc = bounds.in_utc(at)
        is_today = utc.date() == self.now.astimezone(UTC).date()
        return f"{utc:%H:%M:%S}" if is_today else f"{utc:%Y-%m-%d %H:%M:%S}"

    def distance(self, at: datetime) -> str:
        """Return how far a time is from now, such as ``in 40 s``."""
        seconds = (at - self.now).total_seconds()
        if abs(seconds) < 1:
            return "now"
        return f"in {_span(seconds)}" if seconds > 0 else f"{_span(-seconds)} ago"

    def length(self, since: datetime) -> str:
        """Return how long something has lasted."""
        return _span(max(0.0, (self.now - since).total_seconds()))

    def _filled(self, text: str, first: str, rest: str) -> list[str]:
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )


def for_terminal(text: object) -> str:
    """Return a text of the state as a terminal may show it."""
    return printable(str(text), LONGEST)


def _span(seconds: float) -> str:
    whole = int(seconds)
    for unit, length, least in _UNITS:
        if whole >= least * length:
            return f"{whole // length} {unit}"
    return f"{whole} s"
