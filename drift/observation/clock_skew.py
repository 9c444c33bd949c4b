"""How far the clocks of a source and of Azure's answers may differ."""

from datetime import timedelta
from typing import Final

MARGIN: Final = timedelta(seconds=5)
"""What is taken off an answer's Date: its clock and the event's may differ by so much."""
