"""How much of a notice a message holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """The size of each part: bytes of a sentence, a value, the command; rows; lines."""

    sentence: int
    value: int
    command: int
    rows: int
    lines: int
