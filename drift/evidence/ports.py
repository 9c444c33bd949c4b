"""The port of the evidence log; an adapter implements it, tests pass in fakes."""

from typing import Protocol

from drift.evidence.notes import PublicKey


class EvidenceLog(Protocol):
    """Where the evidence log is written, and what signs it; each call raises EvidenceUnavailable.

    A file has a name with slashes. Nothing that is written is ever changed.
    """

    @property
    def public_key(self) -> PublicKey:
        """Return the key by which the signatures are verified."""

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text."""

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Have a file hold these bytes from an offset on; what it already holds of them stays."""

    def create(self, name: str, data: bytes) -> None:
        """Make a file that holds these bytes; one that is there already stays as it is."""
