"""A monitor that keeps an evidence log in a folder, and the log as it is then."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.evidence import file_key
from adapters.evidence.blobs import EvidenceBlobs
from adapters.evidence.file_key import FileKey
from adapters.evidence.files import EvidenceFiles
from drift.errors import EvidenceUnavailable
from drift.evidence.log_names import ShardLog
from drift.evidence.notes import KeyKind, PublicKey
from tests.support.rig import Rig

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


class MemoryEvidence:
    """Implements ``drift.ports.EvidenceLog`` in memory; ``refusal`` is raised instead while it is set."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.refusal: EvidenceUnavailable | None = None
        public = _KEY.public_key().public_bytes_raw()
        self.public_key = PublicKey("phidrift", KeyKind.ED25519, public)

    def sign(self, text: bytes) -> bytes:
        self._refuse()
        return _KEY.sign(text)

    def append(self, name: str, offset: int, data: bytes) -> None:
        self._refuse()
        there = self.files.get(name, b"")
        if len(there) < offset or not data.startswith(there[offset : offset + len(data)]):
            raise EvidenceUnavailable(f"{name} is not as it was written")
        self.files[name] = there[:offset] + data + there[offset + len(data) :]

    def create(self, name: str, data: bytes) -> None:
        self._refuse()
        self.files.setdefault(name, data)

    def names(self) -> list[str]:
        return sorted(self.files)

    def read(self, name: str) -> bytes:
        return self.files[name]

    def _refuse(self) -> None:
        if self.refusal:
            raise self.refusal


Kept = EvidenceFiles | EvidenceBlobs | MemoryEvidence


def key_in(folder: Path) -> Callable[[], FileKey]:
    """Return what reads the key of a folder, which is made there."""
    path = folder / "key.pem"
    file_key.make(path)
    return lambda: FileKey(path, "phidrift")


def evidence_in(folder: Path) -> EvidenceFiles:
    """Return an evidence log in a folder, with a key beside it."""
    return EvidenceFiles(folder / "log", key_in(folder))


def keep_evidence(rig: Rig, evidence: Kept) -> None:
    """Have a rig keep an evidence log."""
    facts = replace(rig.services.facts, keeps_evidence=True)
    rig.change(evidence=evidence, facts=facts)


def records_of(evidence: Kept) -> list[dict[str, Any]]:
    """Return every record of a log, file by file."""
    return [
        json.loads(line)
        for each in day_files(evidence)
        for line in evidence.read(each).splitlines()
    ]


def day_files(evidence: Kept) -> list[str]:
    """Return the names of the files that hold records."""
    return [each for each in evidence.names() if ShardLog.of_day(each)]


def checkpoint_files(evidence: Kept) -> list[str]:
    """Return the names of the files that hold a checkpoint."""
    return [each for each in evidence.names() if ShardLog.of_checkpoint(each)]
