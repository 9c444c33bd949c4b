"""Colours of a terminal, left out if they are not supported or not wanted."""

from collections.abc import Callable, Mapping
from typing import Final, TextIO

BOLD: Final = "1"
DIM: Final = "2"
RED: Final = "1;31"
ORANGE: Final = "31"
YELLOW: Final = "1;33"
GREEN: Final = "1;32"
BLUE: Final = "34"

Paint = Callable[[str, str], str]
"""Returns a text in a colour."""


def coloured(text: str, colour: str) -> str:
    """Return a text in a colour."""
    return f"\x1b[{colour}m{text}\x1b[0m"


def plain(text: str, _: str) -> str:
    """Return a text without any colour."""
    return text


def paint_for(stream: TextIO, env: Mapping[str, str]) -> Paint:
    """Return how to colour the output of a stream: only in a terminal.

    https://no-color.org: any value of NO_COLOR that is not empty turns colours off.
    """
    if env.get("NO_COLOR") or env.get("TERM") == "dumb" or not stream.isatty():
        return plain
    return coloured
