"""One object per thread (an HTTP session, a database connection), all closed together."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """Something that holds a connection."""

    def close(self) -> None:
        """Close it."""


C = TypeVar("C", bound=Closable)


class PerThread(Generic[C]):
    """Builds an object on a thread's first use; closes those of ended threads when another thread starts."""

    def __init__(self, build: Callable[[], C]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._things: dict[threading.Thread, C] = {}
        self._is_closed = False

    def get(self) -> C:
        """Return this thread's object; raise RuntimeError after ``close``."""
        thread = threading.current_thread()
        with self._lock:
            self._refuse_if_closed()
            mine = self._things.get(thread)
        if mine is not None:
            return mine
        mine = self._build()
        with self._lock:
            if not self._is_closed:
                self._drop_ended_threads()
                self._things[thread] = mine
                return mine
        mine.close()
        raise RuntimeError("closed")

    def close(self) -> None:
        """Close every thread's object; no thread may still use its own."""
        with self._lock:
            self._is_closed = True
            for thing in self._things.values():
                thing.close()
            self._things.clear()

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise RuntimeError("closed")

    def _drop_ended_threads(self) -> None:
        for thread in [each for each in self._things if not each.is_alive()]:
            self._things.pop(thread).close()
