"""Fit the texts and rows of an event into its size, and record whether anything was cut."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from notifiers.room import Room
from notifiers.wording import LONGEST, clipped, encodable, json_size

T = TypeVar("T")


class FittedPage:
    """Fits texts and rows into a Room; ``cut`` is true once anything was left out."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.cut = False

    def text(self, text: str, limit: int) -> str:
        """Return a text of at most ``limit`` bytes of JSON."""
        whole = encodable(text[:LONGEST])
        shortened = clipped(whole, limit, json_size)
        self.cut = self.cut or shortened != whole or len(text) > LONGEST
        return shortened

    def sentence(self, text: str) -> str:
        """Return as much of a sentence as fits."""
        return self.text(text, self._room.sentence)

    def value(self, text: str) -> str:
        """Return as much of a value as fits."""
        return self.text(text, self._room.value)

    def name(self, text: str, limit: int) -> str:
        """Return an id; one that is too long ends in a hash, so that it stays unique."""
        shortened = self.text(text, limit)
        if shortened == encodable(text):
            return shortened
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
        return f"{self.text(text, limit - len(digest))}{digest}"

    def command(self, command: str) -> str:
        """Return a complete command or none: nobody must paste half a command."""
        if (
            len(command) <= self._room.command
            and json_size(encodable(command)) <= self._room.command
        ):
            return encodable(command)
        self.cut = True
        return "run phidrift evaluate on the resource for the command"

    def rows(self, items: Sequence[T]) -> Sequence[T]:
        """Return as many differences or pieces of evidence as fit."""
        return self._some(items, self._room.rows)

    def lines(self, items: Sequence[T]) -> Sequence[T]:
        """Return as many lines as fit."""
        return self._some(items, self._room.lines)

    def _some(self, items: Sequence[T], limit: int) -> Sequence[T]:
        self.cut = self.cut or len(items) > limit
        return items[:limit]
