"""The head of a partition's log: how many records it holds, their tree, and the batch being written."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drift.codec import decode, encode, text_in, versioned
from drift.errors import Conflict, NotUnderstood
from drift.evidence.checkpoints import Checkpoint
from drift.evidence.log_names import ShardLog
from drift.evidence.merkle import Frontier
from drift.extensible import Extensible
from drift.ports import Put, Row, Store
from drift.state import keys
from drift.state.keys import RowKind

_KEY: Final = keys.row_key(RowKind.LOG, "head")
_LOG: Final = keys.row_key(RowKind.META, "evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBatch(Extensible):
    """Records that are written to a file at an offset, by the keys of their rows, in this order."""

    day: str
    offset: int
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceHead(Extensible):
    """How far the log of one partition has come.

    ``peaks`` are the hashes of the tree's full subtrees in hexadecimal digits. ``day`` and ``offset`` are
    the end of the newest file. ``batch`` is being written: the process that finds it writes it again, which
    changes nothing, and ends it. ``note`` is the last checkpoint. ``is_asked``: an incident has
    ended since, so the next checkpoint does not wait for its hour.
    """

    log: str
    size: int = 0
    peaks: tuple[str, ...] = ()
    day: str = ""
    offset: int = 0
    batch: EvidenceBatch | None = None
    note: str = ""
    signed_size: int = 0
    signed_at: datetime | None = None
    is_asked: bool = False

    @property
    def frontier(self) -> Frontier:
        """Return what is needed to append to the tree."""
        return Frontier(self.size, tuple(bytes.fromhex(each) for each in self.peaks))

    def files(self, shard: str) -> ShardLog:
        """Return the names of the partition's files."""
        return ShardLog(self.log, shard)

    def checkpoint(self, shard: str) -> Checkpoint:
        """Return the checkpoint that would be signed now."""
        return Checkpoint(self.files(shard).origin, self.size, self.frontier.root())


@dataclass(frozen=True, slots=True)
class StoredHead:
    """A head, and the etag of its row, "" where it is not stored yet."""

    head: EvidenceHead
    etag: str

    def put(self, head: EvidenceHead) -> Put:
        """Return the write of the head that follows."""
        return Put(_KEY, versioned(encode(head)), self.etag)


def load_head(store: Store, shard: str) -> StoredHead:
    """Return the head of a partition, an empty one where there is none; raise NotUnderstood."""
    row = store.get(shard, _KEY)
    if row:
        return StoredHead(_checked(decode(EvidenceHead, row.data)), row.etag)
    return StoredHead(EvidenceHead(log=_log_name(store)), "")


def _checked(head: EvidenceHead) -> EvidenceHead:
    """Return a head whose tree can be appended to; raise NotUnderstood."""
    try:
        head.frontier.root()
    except ValueError as error:
        raise NotUnderstood("peaks", "they do not fit the size of the tree") from error
    return head


def notes(store: Store) -> tuple[str, ...]:
    """Return the last checkpoint of each partition that has one, in a form that this version knows."""
    rows = (store.get(each, _KEY) for each in keys.PARTITIONS)
    return tuple(note for row in rows if row for note in (_note_in(row),) if note)


def _note_in(row: Row) -> str:
    try:
        return decode(EvidenceHead, row.data).note
    except NotUnderstood:
        return ""


def _log_name(store: Store) -> str:
    """Return the name of this state's log: a new state after a loss has a new log."""
    if row := store.get(keys.META, _LOG):
        return text_in(row.data, "log")
    name = secrets.token_hex(8)
    try:
        store.commit(keys.META, [Put(_LOG, versioned({"log": name}), "")])
    except Conflict:  # another process has named it
        return _log_name(store)
    return name
