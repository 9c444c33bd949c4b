"""The key that signs the checkpoints, read on first use."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from adapters.file_remedies import remedy_of
from drift.errors import BadSettings, EvidenceUnavailable
from drift.evidence.notes import PublicKey
from drift.lazy import Lazy

NAME_A_KEY: Final = (
    "let EVIDENCE_SIGNING_KEY name a key that the monitor can use: file: and the path of an "
    "Ed25519 private key in PEM, or the id of a P-256 key in a vault"
)

CUT: Final = (
    "find out who changed it: docs/evidence.md says what to do about a log that was changed"
)
"""The remedy for a file of the log that somebody else has cut or changed."""


class Signer(Protocol):
    """A private key, wherever it is kept."""

    @property
    def public(self) -> PublicKey:
        """Return the key by which its signatures are verified; raise EvidenceUnavailable."""

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text; raise EvidenceUnavailable."""

    def close(self) -> None:
        """Close its connections."""


class LazySigner:
    """Implements ``Signer`` with a signer that is built on first use; a failed build is retried."""

    def __init__(self, build: Callable[[], Signer]) -> None:
        self._signer = Lazy(build)

    @property
    def public(self) -> PublicKey:
        """Return the key by which the signatures are verified; raise EvidenceUnavailable."""
        return self._built().public

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text; raise EvidenceUnavailable."""
        return self._built().sign(text)

    def close(self) -> None:
        """Close the built clients; no call may follow."""
        self._signer.close(lambda signer: signer.close())

    def _built(self) -> Signer:
        try:
            return self._signer.get()
        except BadSettings as error:
            raise EvidenceUnavailable(
                f"no key signs the checkpoints: {error}", NAME_A_KEY
            ) from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            path = Path(error.filename or "the key file")
            raise EvidenceUnavailable(
                f"no key signs the checkpoints: {path}: {why}", remedy_of(error, path)
            ) from None
