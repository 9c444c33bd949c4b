"""The key that signs the checkpoints, read on first use."""

from collections.abc import Callable
from typing import Protocol

from drift.errors import BadSettings, EvidenceUnavailable
from drift.evidence.notes import PublicKey
from drift.lazy import Lazy


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
            raise EvidenceUnavailable(f"no key signs the checkpoints: {error}") from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise EvidenceUnavailable(f"no key signs the checkpoints: {why}") from None
