"""Sign a partition's log: each hour in which it grew, and at once when an incident has ended."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.errors import EvidenceUnavailable
from drift.evidence.notes import signed
from drift.evidence.ports import EvidenceLog
from drift.evidence_log.head import EvidenceHead, StoredHead
from drift.ports import Put
from drift.queues.messages import EvidenceMessage
from drift.state import due_rows

_EVERY: Final = timedelta(hours=1)


def is_checkpoint_due(head: EvidenceHead, now: datetime) -> bool:
    """Tell whether the log grew since the last checkpoint, and an hour passed or an incident ended."""
    if head.size == head.signed_size:
        return False
    return head.is_asked or head.signed_at is None or now - head.signed_at >= _EVERY


def checkpoint_row(head: EvidenceHead, shard: str) -> list[Put]:
    """Return the due row of the next hourly checkpoint, none where the first is signed at once."""
    if head.signed_at is None:
        return []
    return [due_rows.due_put(EvidenceMessage(shard=shard), bounds.later(head.signed_at, _EVERY))]


def sign(evidence: EvidenceLog, stored: StoredHead, shard: str, now: datetime) -> EvidenceHead:
    """Write a checkpoint into its own file, and return the head with it.

    Raise EvidenceUnavailable, also if the key was replaced between the two calls. An existing file
    has the same text: the tree of that many records never changes.
    """
    head = stored.head
    text, key, files = head.checkpoint(shard).text, evidence.public_key, head.files(shard)
    signature = evidence.sign(text.encode())
    if not key.verifies(signature, text.encode()):  # what is written once stays
        raise EvidenceUnavailable(
            f"the signature of {files.origin} does not fit the public key",
            "nothing: the next try reads the new key",
        )
    note = signed(text, key, signature)
    evidence.create(files.public_key(key.id.hex()), f"{key.text}\n".encode())
    evidence.create(files.checkpoint(head.size), note.encode())
    return replace(head, note=note, signed_size=head.size, signed_at=now, is_asked=False)
