"""The logs that a store of evidence holds, read one day at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, overload

from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.log_names import ShardLog, is_public_key
from drift.evidence.notes import BadNote, PublicKey


class KeptFiles(Protocol):
    """The files of a store; each call raises EvidenceUnavailable."""

    def names(self) -> Sequence[str]:
        """Return the name of every file, in order."""

    def read(self, name: str) -> bytes:
        """Return what a file holds."""


class DayLines(Sequence[bytes]):
    """The lines of a log, of which only those of one day are in memory at a time.

    Each pass over them reads the files again; each call raises EvidenceUnavailable. The number of
    lines is that of the first pass: a log that grows meanwhile has no more of them.
    """

    def __init__(self, files: KeptFiles, days: Sequence[str]) -> None:
        self._files = files
        self._days = days
        self._count: int | None = None

    def __iter__(self) -> Iterator[bytes]:
        return islice(self._all(), self._count)

    def __len__(self) -> int:
        if self._count is None:
            self._count = sum(1 for _ in self._all())
        return self._count

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return tuple(islice(self, *index.indices(len(self))))
        found = next(islice(self, index, None), None) if index >= 0 else None
        if found is None:
            raise IndexError(index)
        return found

    def _all(self) -> Iterator[bytes]:
        return (line for name in self._days for line in lines_of(self._files.read(name)))


@dataclass(frozen=True, slots=True)
class KeptLog:
    """The log of one partition: its lines, and its checkpoints by the names of their files."""

    log: ShardLog
    lines: Sequence[bytes]
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
    """Yield every log of a store; its lines are read when they are needed."""
    names = files.names()
    logs = {each for name in names for each in (_log_of(name),) if each}
    for log in sorted(logs):
        own = [name for name in names if _log_of(name) == log]
        days = [name for name in own if ShardLog.of_day(name)]
        notes = {
            name: files.read(name).decode(errors="replace")
            for name in own
            if ShardLog.of_checkpoint(name)
        }
        yield KeptLog(log, DayLines(files, days), notes)


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
