"""Sign with an Ed25519 key in a file; the file is created if there is none."""

import os
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drift.errors import BadSettings
from drift.evidence.notes import KeyKind, PublicKey


class FileKey:
    """A private key that only its owner can read; ``name`` is in every signature line."""

    def __init__(self, path: Path, name: str) -> None:
        self._key = _load(path)
        data = self._key.public_key().public_bytes_raw()
        self.public = PublicKey(name, KeyKind.ED25519, data)

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text."""
        return self._key.sign(text)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def make(path: Path) -> None:
    """Create a key file if there is none; if two processes do so at once, both use the first file.

    A partly written key would make all its checkpoints unverifiable, so the file appears completely
    or not at all.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(pem)  # mkstemp's mode: the owner alone reads it
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return


def _load(path: Path) -> Ed25519PrivateKey:
    """Return the key of a file; raise OSError, or BadSettings, which does not quote the file."""
    data = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = f"names a file without a private key in PEM ({type(error).__name__})"
        raise BadSettings((f"EVIDENCE_SIGNING_KEY {why}",)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSettings(("EVIDENCE_SIGNING_KEY names a file whose key is not of Ed25519",))
    return key
