"""Make reads that do not depend on each other at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from drift.lazy import Lazy

READS_AT_ONCE: Final = 8
"""Reads of one process at once beside those that its evaluations make themselves."""

Read = Callable[[], None]
RunReads = Callable[[Sequence[Read]], None]
"""Makes all of these reads, and returns when the last one has ended; raises what one of them raises."""


class SideBySide:
    """Makes reads at the same time in a few threads of its own, which are started on first use.

    Who asks makes the first read, and each one that no thread has begun by then: so reads take no longer
    than one after another, however many evaluations ask.
    """

    def __init__(self, threads: int = READS_AT_ONCE) -> None:
        self._pool = Lazy(lambda: ThreadPoolExecutor(threads, thread_name_prefix="reads"))

    def __call__(self, reads: Sequence[Read]) -> None:
        """Make the reads; raise what one of them raises, after all have ended."""
        if len(reads) == 1:
            reads[0]()
            return
        others = [self._pool.get().submit(each) for each in reads[1:]]
        try:
            for number, each in enumerate(reads):
                if not number or others[number - 1].cancel():
                    each()
        finally:
            _stop(others)
        for other in others:
            if not other.cancelled():
                other.result()

    def close(self) -> None:
        """End the threads, after the reads that are under way."""
        self._pool.close(lambda pool: pool.shutdown(wait=True, cancel_futures=True))


def _stop(reads: Sequence[Future[None]]) -> None:
    """Begin none of the reads that wait, and wait for the others: they write into one evaluation."""
    for each in reads:
        each.cancel()
    wait(reads)
