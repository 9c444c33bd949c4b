"""The evidence log in append blobs of a container.

A file of records is one append blob, and continues in another one when that is full. Every append
names the length that it expects. So a request that arrives twice or late, or another process that
writes the same bytes, finds another length and changes nothing. If an answer does not say what was
written, the blobs are read and compared, and only the missing bytes are appended.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from adapters.azure_http.refusals import Refusal, RetryBudget
from adapters.evidence.blob_calls import OTHER_LENGTH, REASONS, REMEDIES, AppendBlob, BlobCalls
from adapters.evidence.signer import CUT, LazySigner, Signer
from drift.errors import EvidenceUnavailable
from drift.evidence.log_names import ShardLog
from drift.evidence.notes import PublicKey

MOST_BLOCKS: Final = 50_000
BLOCK_BYTES: Final = 4 * 1024 * 1024
"""The limits of an append blob and of a block, in the oldest version of the interface that has
both. https://learn.microsoft.com/rest/api/storageservices/append-block"""

_READ_BYTES: Final = 16 * 1024 * 1024
_NEXT: Final = re.compile(r"\.jsonl\.\d{4}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the blobs of a file, and where in the file it begins."""

    name: str
    first: int
    blob: AppendBlob

    @property
    def end(self) -> int:
        return self.first + self.blob.size


class EvidenceBlobs:
    """Implements ``drift.ports.EvidenceLog``. Built without a call; the container must exist."""

    def __init__(
        self,
        calls: BlobCalls,
        key: Callable[[], Signer],
        *,
        most_blocks: int = MOST_BLOCKS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls = calls
        self._key = LazySigner(key)
        self._most_blocks = most_blocks
        self._sleep = sleep

    @property
    def public_key(self) -> PublicKey:
        """Return the key by which the signatures are verified."""
        return self._key.public

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text."""
        return self._key.sign(text)

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Write these bytes into a file at an offset; bytes that are already there stay."""
        retries = RetryBudget(self._sleep)
        is_done = False
        while not is_done:
            try:
                is_done = self._add(name, offset, data)
            except Refusal as refusal:
                has_grown = refusal.code == OTHER_LENGTH
                if not (refusal.is_transient or has_grown) or not retries.pause():
                    raise self._unavailable(name, refusal) from None

    def create(self, name: str, data: bytes) -> None:
        """Create a file with these bytes, completely or not at all; an existing file stays."""
        self._asked(name, lambda: self._calls.make(name, data))

    def names(self) -> list[str]:
        """Return the name of every file, in order."""
        found = self._asked("the container", lambda: list(self._calls.names()))
        return sorted(each for each in found if not _NEXT.search(each))

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return self._asked(name, lambda: b"".join(map(self._whole, self._blobs(name))))

    def close(self) -> None:
        """Close every session; no call may follow."""
        self._calls.close()
        self._key.close()

    def _add(self, name: str, offset: int, data: bytes) -> bool:
        """Append the next missing block; tell whether nothing is missing then."""
        parts = list(self._parts(name))
        there = self._bytes(parts, offset, len(data))
        if (parts[-1].end if parts else 0) < offset or not data.startswith(there):
            raise EvidenceUnavailable(
                f"{name} was cut or changed after it was written, so the monitor adds nothing to it",
                CUT,
            )
        missing = data[len(there) :]
        if missing:
            self._grow(name, parts, missing[:BLOCK_BYTES])
        return len(missing) <= BLOCK_BYTES

    def _grow(self, name: str, parts: list[_Part], block: bytes) -> None:
        last = parts[-1] if parts else None
        if last and last.blob.blocks < self._most_blocks:
            self._calls.append(last.name, last.blob.size, block)
            return
        following = _name_of(name, len(parts) + 1)
        self._calls.make_append_blob(following)
        self._calls.append(following, 0, block)

    def _parts(self, name: str) -> Iterator[_Part]:
        """Yield the blobs of a file; a further blob exists only if the previous one is full."""
        number, first = 1, 0
        while blob := self._calls.append_blob(_name_of(name, number)):
            part = _Part(_name_of(name, number), first, blob)
            yield part
            if blob.blocks < self._most_blocks:
                return
            number, first = number + 1, part.end

    def _blobs(self, name: str) -> list[str]:
        is_of_records = ShardLog.of_day(name) is not None
        return [each.name for each in self._parts(name)] if is_of_records else [name]

    def _bytes(self, parts: list[_Part], offset: int, length: int) -> bytes:
        """Return these bytes of a file, fewer if it ends earlier."""
        end = offset + length
        spans = [(each, max(offset, each.first), min(end, each.end)) for each in parts]
        return b"".join(
            self._calls.read(part.name, since - part.first, until - since)
            for part, since, until in spans
            if since < until
        )

    def _whole(self, name: str) -> bytes:
        content = bytearray()
        while True:
            piece = self._calls.read(name, len(content), _READ_BYTES)
            content += piece
            if len(piece) < _READ_BYTES:
                return bytes(content)

    def _asked(self, what: str, ask: Callable[[], T]) -> T:
        """Return an answer; a call that fails temporarily is retried."""
        retries = RetryBudget(self._sleep)
        while True:
            try:
                return ask()
            except Refusal as refusal:
                if not refusal.is_transient or not retries.pause():
                    raise self._unavailable(what, refusal) from None

    def _unavailable(self, what: str, refusal: Refusal) -> EvidenceUnavailable:
        where = f"{what} in EVIDENCE_STORE, blobs of {self._calls.host}"
        return EvidenceUnavailable(f"{where}: {refusal.told(REASONS)}", refusal.remedy(REMEDIES))


def _name_of(name: str, number: int) -> str:
    """Return the name of the first, second … blob of a file."""
    return name if number == 1 else f"{name}.{number:04d}"
