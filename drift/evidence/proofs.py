"""Proofs in texts: that a record is in a log (c2sp.org/tlog-proof), that one checkpoint follows another."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from drift.evidence.notes import BadNote

_HEADER: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9]\d{0,18})")


@dataclass(frozen=True, slots=True)
class RecordProof:
    """The place of a record in its log, the path to the root, and the checkpoint with that root."""

    index: int
    path: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """Return the proof as a text."""
        return f"{_HEADER}\nindex {self.index}\n{hash_lines(self.path)}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the proof that a text spells; raise BadNote. It proves nothing yet."""
        head, _, note = text.partition("\n\n")
        header, _, rest = head.partition("\n")
        index, _, path = rest.partition("\n")
        found = _INDEX.fullmatch(index)
        if header != _HEADER or not found or not note:
            raise BadNote("a proof is not of the form of c2sp.org/tlog-proof@v1")
        return cls(int(found[1]), hashes(path), note)


def hash_lines(path: Sequence[bytes]) -> str:
    """Return hashes as lines of base64."""
    return "".join(f"{base64.b64encode(each).decode()}\n" for each in path)


def hashes(text: str) -> tuple[bytes, ...]:
    """Return the hashes of lines; raise BadNote."""
    try:
        found = tuple(base64.b64decode(line, validate=True) for line in text.splitlines())
    except (binascii.Error, ValueError):
        raise BadNote("a hash of a proof is not in base64") from None
    if any(len(each) != 32 for each in found):
        raise BadNote("a hash of a proof has not 32 bytes")
    return found
