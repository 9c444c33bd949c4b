"""A thing that is built on its first use, once, whichever thread is first."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """Builds on the first ``get``. A build that fails raises, and the next ``get`` tries again."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: tuple[T] | tuple[()] = ()
        self._is_closed = False

    def get(self) -> T:
        """Return the thing; raise RuntimeError once it is closed."""
        with self._lock:
            if self._is_closed:
                raise RuntimeError("closed")
            if not self._built:
                self._built = (self._build(),)
            return self._built[0]

    def close(self, end: Callable[[T], object]) -> None:
        """End the thing if it was built; it cannot be used any more."""
        with self._lock:
            self._is_closed = True
            built, self._built = self._built, ()
        for each in built:
            end(each)

    def if_built(self, use: Callable[[T], object]) -> None:
        """Use the thing only if it was built."""
        with self._lock:
            built = self._built
        for each in built:
            use(each)
