"""The logs that a store of evidence holds, read whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.log_names import ShardLog, is_public_key
from drift.evidence.notes import BadNote, PublicKey


class KeptFiles(Protocol):
    """The files of a store; each call raises EvidenceUnavailable."""

    def names(self) -> Sequence[str]:
        """Return the name of every file, in order."""

    def read(self, name: str) -> bytes:
        """Return what a file holds."""


@dataclass(frozen=True, slots=True)
class KeptLog:
    """The log of one partition: its lines, and its checkpoints by the names of their files."""

    log: ShardLog
    lines: tuple[bytes, ...]
    notes: Mapping[str, str]

    def signed(self, keys: Sequence[PublicKey]) -> list[tuple[Checkpoint, str]]:
        """Return the checkpoints whose signature is right, with their notes, in ascending order."""
        found = []
        for note in self.notes.values():
            try:
                found.append((verified(note, keys), note))
            except BadNote:
                continue
        return sorted(found, key=lambda each: each[0].size)


def kept_logs(files: KeptFiles) -> Iterator[KeptLog]:
    """Yield every log of a store."""
    names = files.names()
    logs = {each for name in names for each in (_log_of(name),) if each}
    for log in sorted(logs):
        own = [name for name in names if _log_of(name) == log]
        lines = [
            line for name in own if ShardLog.of_day(name) for line in lines_of(files.read(name))
        ]
        notes = {
            name: files.read(name).decode(errors="replace")
            for name in own
            if ShardLog.of_checkpoint(name)
        }
        yield KeptLog(log, tuple(lines), notes)


def kept_keys(files: KeptFiles) -> list[PublicKey]:
    """Return the public keys that a store holds; raise BadNote."""
    names = (name for name in files.names() if is_public_key(name))
    found = (PublicKey.parse(files.read(name).decode(errors="replace")) for name in names)
    return list(dict.fromkeys(found))


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of a file; what follows the last line feed is an unfinished one."""
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _log_of(name: str) -> ShardLog | None:
    return ShardLog.of_day(name) or ShardLog.of_checkpoint(name)
