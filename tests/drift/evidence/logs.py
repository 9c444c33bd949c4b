"""A signed log of an incident's records, as a store keeps it, and its archive."""

import json
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drift.evidence.archive import LogPart, archive_files
from drift.evidence.checkpoints import Checkpoint
from drift.evidence.kept_logs import KeptLog
from drift.evidence.log_names import ShardLog
from drift.evidence.merkle import leaf_hash, root
from drift.evidence.notes import KeyKind, PublicKey, signed

LOG = ShardLog("0123456789abcdef", "shard-3")
INCIDENT = "ab" * 32


class Signer:
    """A key that signs checkpoints."""

    def __init__(self, seed: int) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = PublicKey(
            "phidrift", KeyKind.ED25519, self._key.public_key().public_bytes_raw()
        )

    def note(self, lines: Sequence[bytes]) -> str:
        """Return the signed checkpoint of these lines."""
        text = self.checkpoint(lines).text
        return signed(text, self.public, self._key.sign(text.encode()))

    def checkpoint(self, lines: Sequence[bytes]) -> Checkpoint:
        return Checkpoint(LOG.origin, len(lines), root([leaf_hash(each) for each in lines]))


MONITOR, THIEF = Signer(1), Signer(2)


def line(number: int, **fields: Any) -> bytes:
    """Return the record of change ``number`` of the incident, which its fourth one ends."""
    record = {
        "format": "phidrift.evidence/1",
        "kind": "change",
        "at": f"2026-12-02T09:0{number}:00+00:00",
        "incident": INCIDENT,
        "uid": f"uid-{number}",
        "control": {"id": "STORAGE-PUBLIC-ACCESS"},
        "resource": "/subscriptions/s/resourceGroups/g",
        "sequence": number,
        "closure": "fixed" if number == 4 else None,
        **fields,
    }
    return json.dumps(record).encode()


def other(number: int) -> bytes:
    """Return a record of another incident."""
    return line(number, incident="cd" * 32)


LINES = (other(1), line(1), line(2), other(2), line(3), line(4), other(3))


def kept(lines: Sequence[bytes] = LINES, sizes: Sequence[int] = (2, 5, 7)) -> KeptLog:
    """Return a log with checkpoints of the first lines."""
    notes = {LOG.checkpoint(size): MONITOR.note(lines[:size]) for size in sizes}
    return KeptLog(LOG, tuple(lines), notes)


def archived(log: KeptLog | None = None, chosen: Sequence[int] = (1, 2, 4, 5)) -> dict[str, bytes]:
    """Return the files of an archive of the incident."""
    log = log or kept()
    part = LogPart(log.log, log.lines, log.signed([MONITOR.public]), chosen)
    about = {"selection": {"incident": INCIDENT}}
    return dict(archive_files([part], [MONITOR.public], about, {}))
