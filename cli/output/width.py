"""How many columns a command's output may use."""

import shutil
from typing import Final

NARROWEST: Final = 60
"""Minimum number of columns; in a narrower terminal its own wrapping is better."""

_WITHOUT_TERMINAL: Final = 100


def terminal_width() -> int:
    """Return the columns of the terminal, or of COLUMNS; 100 where neither is known."""
    columns = shutil.get_terminal_size((_WITHOUT_TERMINAL, 24)).columns
    return max(NARROWEST, columns)
