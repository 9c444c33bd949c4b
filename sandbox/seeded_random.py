"""Seeded random numbers: the same seed and names give the same numbers, in any order of threads."""

import hashlib
import threading
import uuid
from collections import Counter


class SeededRandom:
    """Draws numbers by name; the n-th draw of a name depends on nothing but seed, name and n."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._drawn: Counter[str] = Counter()
        self._lock = threading.Lock()

    def draw(self, name: str) -> float:
        """Return a number from 0 up to 1."""
        return int.from_bytes(self._bytes(name)[:8]) / 2**64

    def happens(self, probability: float, name: str) -> bool:
        """Return true with this probability."""
        return self.draw(name) < probability

    def guid(self, name: str) -> str:
        """Return a fresh GUID."""
        return str(uuid.UUID(bytes=self._bytes(name)[:16], version=4))

    def _bytes(self, name: str) -> bytes:
        with self._lock:
            self._drawn[name] += 1
            count = self._drawn[name]
        return hashlib.sha256(f"{self._seed}|{count}|{name}".encode()).digest()
