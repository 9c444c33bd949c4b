"""How a card looks and how much it shows: colours by severity, room by what fits."""

from dataclasses import dataclass
from typing import Final

from drift.model import Severity
from drift.notices import Change, Notice


@dataclass(frozen=True, slots=True)
class Room:
    """How much of each thing is shown: bytes of a sentence, of a value, of the command; rows; lines."""

    sentence: int
    value: int
    command: int
    rows: int
    lines: int


ROOMS: Final = (
    Room(sentence=900, value=400, command=6000, rows=8, lines=8),
    Room(sentence=600, value=240, command=5000, rows=6, lines=5),
    Room(sentence=400, value=160, command=4000, rows=5, lines=3),
    Room(sentence=300, value=100, command=2500, rows=3, lines=2),
    Room(sentence=200, value=60, command=1000, rows=2, lines=1),
)
"""From generous to what fits whatever the notice holds; the command, to be pasted, gives way last."""


@dataclass(frozen=True, slots=True)
class Tone:
    """The colours of a card: its banner's, and that of a value that must not stay.

    Colour is the banner's: Teams' own yellow and green are not readable as text on white.
    """

    style: str
    value: str = "Default"


_GOOD: Final = Tone("good")
_ENDED: Final = Tone("emphasis")
_TONES: Final = {
    Severity.CRITICAL: Tone("attention", "Attention"),
    Severity.HIGH: Tone("attention", "Attention"),
    Severity.MEDIUM: Tone("warning"),
    Severity.LOW: Tone("accent"),
    None: Tone("warning"),
}


def tone_of(notice: Notice) -> Tone:
    """Return the colours a notice is told in."""
    match notice.change:
        case Change.RESOLVED:
            return _GOOD
        case Change.CLOSED:
            return _ENDED
        case _:
            return _TONES[notice.severity]
