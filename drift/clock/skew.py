"""The clock difference that is allowed between an event and an ARM answer."""

from datetime import timedelta
from typing import Final

MARGIN: Final = timedelta(seconds=5)
"""Subtracted from an answer's Date: its clock and the event's may differ by this much."""
