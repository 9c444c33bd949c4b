"""The look and size of a card: colours by severity, lengths by the available size."""

from dataclasses import dataclass
from typing import Final

from drift.model import Severity
from drift.notices import Access, Change, Notice
from notifiers.room import Room

ROOMS: Final = (
    Room(sentence=900, value=400, command=6000, rows=8, lines=8),
    Room(sentence=600, value=240, command=5000, rows=6, lines=5),
    Room(sentence=400, value=160, command=4000, rows=5, lines=3),
    Room(sentence=300, value=100, command=2500, rows=3, lines=2),
    Room(sentence=200, value=60, command=1000, rows=2, lines=1),
)
"""From generous sizes to sizes that always fit. The command, which people paste, is dropped last."""


@dataclass(frozen=True, slots=True)
class Tone:
    """The colours of a card: the style of its banner, and the colour of a value that must change.

    Only the banner has a colour of its own: text in Teams' yellow or green is not readable on white.
    """

    style: str
    value: str = "Default"


_GOOD: Final = Tone("good")
_ENDED: Final = Tone("emphasis")
_TONES: Final = {
    Severity.CRITICAL: Tone("attention", "Attention"),
    Severity.HIGH: Tone("warning"),
    Severity.MEDIUM: Tone("accent"),
    Severity.LOW: Tone("default"),
    None: Tone("accent"),
}


def tone_of(notice: Notice) -> Tone:
    """Return the colours of a card: red is critical, amber high, blue medium, none low."""
    match notice.change:
        case Change.RESOLVED:
            return _GOOD
        case Change.CLOSED:
            return _ENDED
        case _ if notice.closure is not None and notice.access is Access.EXCLUDED:
            return _GOOD
        case _:
            return _TONES[notice.severity]
