"""One clock for several processes: the system's time plus an offset that the test sets."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_AHEAD = struct.Struct("d")


class SharedClock:
    """Reads a file that holds how many seconds the test is ahead of the world."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_AHEAD.pack(0.0))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _AHEAD.size)

    def __call__(self) -> datetime:
        """Return the time."""
        (ahead,) = _AHEAD.unpack_from(self._memory)
        return datetime.now(UTC) + timedelta(seconds=ahead)

    def advance(self, seconds: float) -> None:
        """Let time pass, for every process at once."""
        (ahead,) = _AHEAD.unpack_from(self._memory)
        _AHEAD.pack_into(self._memory, 0, ahead + seconds)
