"""Checkpoints as C2SP defines them (c2sp.org/tlog-checkpoint): a log's size and root, signed."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from drift.evidence.notes import BadNote, Note, PublicKey

_SIZE: Final = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a signature confirms: the log `origin` had `size` records under this root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def tree(self) -> tuple[int, bytes]:
        """Return size and root, as the proofs of the tree take them."""
        return self.size, self.root

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the checkpoint that a text spells; raise BadNote. It proves nothing yet."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise BadNote("a checkpoint is three lines: the origin, the size and the root")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except (binascii.Error, ValueError):
            root = b""
        if len(root) != hashlib.sha256().digest_size:
            raise BadNote("the root of a checkpoint is not a hash in base64")
        return cls(lines[0], int(lines[1]), root)


def verified(note: str, keys: Iterable[PublicKey]) -> Checkpoint:
    """Return the checkpoint of a signed note; raise BadNote unless the given keys signed it."""
    parsed = Note.parse(note)
    parsed.check(keys)
    return Checkpoint.parse(parsed.text)
