"""Signed notes as C2SP defines them (c2sp.org/signed-note): keys, signature lines, verification."""

import base64
import binascii
import enum
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from drift.evidence import ed25519, p256

_ID_LENGTH: Final = 4
_MOST_SIGNATURES: Final = 16
_DASH: Final = "\N{EM DASH} "


class BadNote(ValueError):
    """A text is no signed note, no key, or its signature does not verify; the message says which."""


class KeyKind(enum.IntEnum):
    """The signature types that are verified, by their number in the format."""

    ED25519 = 1
    ECDSA = 2


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key with the name of its holder: 32 bytes of Ed25519, or the DER of a key of P-256."""

    name: str
    kind: KeyKind
    data: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or not self.name.isprintable() or " " in self.name:
            raise BadNote("the name of a key is empty, or has a space or a plus sign")
        is_sound = p256.is_key(self.data) if self.kind is KeyKind.ECDSA else len(self.data) == 32
        if not is_sound:
            raise BadNote("a public key is not one of Ed25519 or P-256")

    @property
    def id(self) -> bytes:
        """Return the four bytes that stand before each signature of the key."""
        named = f"{self.name}\n".encode() + bytes([self.kind]) + self.data
        content = self.data if self.kind is KeyKind.ECDSA else named
        return hashlib.sha256(content).digest()[:_ID_LENGTH]

    @property
    def text(self) -> str:
        """Return the key as one word: its name, id and data."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.data)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that `text` spells; raise BadNote."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        data = _bytes(encoded)
        if not data or data[0] not in set(KeyKind):
            raise BadNote("a public key is of an unknown kind")
        key = cls(name, KeyKind(data[0]), data[1:])
        if key.id.hex() != key_id:
            raise BadNote(f"the id of the public key {name} is not that of its data")
        return key

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Say whether the signature is that of the text by this key."""
        is_ecdsa = self.kind is KeyKind.ECDSA
        check = p256.ecdsa_verifies if is_ecdsa else ed25519.ed25519_verifies
        return check(self.data, signature, text)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note, by any signer."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures, which prove nothing before `check`."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> Self:
        """Return the note; raise BadNote."""
        text, separator, lines = note.rpartition("\n\n")
        signed = lines.split("\n")
        if not separator or signed.pop() or not 0 < len(signed) <= _MOST_SIGNATURES:
            raise BadNote("a signed note is a text, an empty line and 1 to 16 signatures")
        if any(each < " " and each != "\n" for each in note):
            raise BadNote("a signed note has a control character")
        return cls(f"{text}\n", tuple(map(_signature, signed)))

    def check(self, keys: Iterable[PublicKey]) -> None:
        """Raise BadNote unless one of the keys signed the note, and no signature of them is wrong."""
        by_name = {(each.name, each.id): each for each in keys}
        known = [
            (by_name[each.name, each.key_id], each.data)
            for each in self.signatures
            if (each.name, each.key_id) in by_name
        ]
        if not known:
            raise BadNote("the note is signed by none of the given keys")
        for key, data in known:
            if not key.verifies(data, self.text.encode()):
                raise BadNote(f"the signature of {key.name} does not fit the note")


def signed(text: str, key: PublicKey, signature: bytes) -> str:
    """Return the note of a text with the signature that `key` gave to exactly this text."""
    return f"{text}\n{_DASH}{key.name} {_base64(key.id + signature)}\n"


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = _bytes(encoded)
    if not line.startswith(_DASH) or not name or len(data) <= _ID_LENGTH:
        raise BadNote("a signature line is not of the form of a signed note")
    return Signature(name, data[:_ID_LENGTH], data[_ID_LENGTH:])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("a part of a note or key is not in base64") from None
