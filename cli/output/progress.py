"""The progress of a command on standard error: in a terminal one line that is rewritten, else rare lines."""

import shutil
import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from drift.untrusted_json import printable

QUIET_SECONDS: Final = 1.0
"""A command that ends sooner shows no progress."""

_REDRAWN_SECONDS: Final = 0.1
_LOGGED_SECONDS: Final = 30.0
_ERASE_LINE: Final = "\r\x1b[2K"


class Progress:
    """Shows the progress of one command and prints its messages without mixing the two."""

    def __init__(
        self, command: str, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._prefix = f"phidrift {command}: "
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._due = clock() + (QUIET_SECONDS if self._is_terminal else _LOGGED_SECONDS)
        self._is_drawn = False

    def update(self, text: str) -> None:
        """Show the progress; most calls come too soon after the last one and do nothing."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + (_REDRAWN_SECONDS if self._is_terminal else _LOGGED_SECONDS)
        if not self._is_terminal:
            self._write(f"{self._prefix}{printable(text, 1000)}\n")
            return
        width = shutil.get_terminal_size().columns - 1
        self._write(
            f"{_ERASE_LINE}{self._prefix}{printable(text, 1000)}"[: width + len(_ERASE_LINE)]
        )
        self._is_drawn = True

    def say(self, text: str) -> None:
        """Print a message on a line of its own."""
        self.clear()
        self._write(f"{self._prefix}{printable(text, 1000)}\n")

    def clear(self) -> None:
        """Erase the progress line, so that something else can be printed."""
        if self._is_drawn:
            self._write(_ERASE_LINE)
            self._is_drawn = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def progress_of(command: str) -> Progress:
    """Return the progress of a command on standard error."""
    return Progress(command, sys.stderr)
