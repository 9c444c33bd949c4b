"""Build an object on its first use, once for all threads."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """Builds an object on the first ``get``; after a failed build the next ``get`` tries again."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: tuple[T] | tuple[()] = ()
        self._is_closed = False

    def get(self) -> T:
        """Return the object; raise RuntimeError after ``close``."""
        with self._lock:
            if self._is_closed:
                raise RuntimeError("closed")
            if not self._built:
                self._built = (self._build(),)
            return self._built[0]

    def close(self, end: Callable[[T], object]) -> None:
        """Call ``end`` on the object if it was built; later calls of ``get`` raise."""
        with self._lock:
            self._is_closed = True
            built, self._built = self._built, ()
        for each in built:
            end(each)

    def if_built(self, use: Callable[[T], object]) -> None:
        """Call ``use`` on the object only if it was built."""
        with self._lock:
            built = self._built
        for each in built:
            use(each)
