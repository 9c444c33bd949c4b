"""The port of the evidence log; an adapter implements it, tests pass in fakes."""

from typing import Protocol

from drift.evidence.notes import PublicKey


class EvidenceLog(Protocol):
    """Where the evidence log is written, and what signs it; each call raises EvidenceUnavailable.

    A file has a name with slashes. Written content is never changed.
    """

    @property
    def public_key(self) -> PublicKey:
        """Return the key by which the signatures are verified."""

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text."""

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Write these bytes into a file at an offset; bytes that are already there stay."""

    def create(self, name: str, data: bytes) -> None:
        """Create a file with these bytes; an existing file stays unchanged."""
