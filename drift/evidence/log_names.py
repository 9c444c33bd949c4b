"""The names of the files of an evidence log, and the name by which its checkpoints are known."""

import re
from dataclasses import dataclass
from typing import Final, Self

_DAY: Final = re.compile(r"([0-9a-f]+)/(shard-[0-9a-f])/(\d{4}-\d\d-\d\d)\.jsonl")
_CHECKPOINT: Final = re.compile(r"([0-9a-f]+)/(shard-[0-9a-f])/checkpoints/(\d+)\.txt")
_KEY: Final = re.compile(r"([0-9a-f]+)/keys/[0-9a-f]+\.txt")


@dataclass(frozen=True, slots=True, order=True)
class ShardLog:
    """The log of one partition: a file for each day, and one for each checkpoint."""

    log: str
    shard: str

    @property
    def origin(self) -> str:
        """Return the first line of its checkpoints."""
        return f"phidrift/{self.log}/{self.shard}"

    def day(self, day: str) -> str:
        """Return the file of a day, such as 2026-12-02."""
        return f"{self.log}/{self.shard}/{day}.jsonl"

    def checkpoint(self, size: int) -> str:
        """Return the file of the checkpoint of so many records."""
        return f"{self.log}/{self.shard}/checkpoints/{size:012d}.txt"

    def public_key(self, key_id: str) -> str:
        """Return the file of a public key."""
        return f"{self.log}/keys/{key_id}.txt"

    @classmethod
    def of_day(cls, name: str) -> Self | None:
        """Return the log that a file of a day belongs to, None for any other file."""
        return cls._of(_DAY, name)

    @classmethod
    def of_checkpoint(cls, name: str) -> Self | None:
        """Return the log that a file of a checkpoint belongs to, None for any other file."""
        return cls._of(_CHECKPOINT, name)

    @classmethod
    def _of(cls, pattern: re.Pattern[str], name: str) -> Self | None:
        found = pattern.fullmatch(name)
        return cls(found[1], found[2]) if found else None


def is_public_key(name: str) -> bool:
    """Tell whether a file of the log is a public key."""
    return _KEY.fullmatch(name) is not None
