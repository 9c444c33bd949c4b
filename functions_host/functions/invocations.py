"""Runs functions on a pool of threads; each has a deadline and ends exactly once."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import Final

from adapters.queues.protocol import QueuesUnavailable
from drift.errors import DriftError
from functions_host.functions.calls import Arrival, FunctionResult, Outputs, call
from functions_host.functions.index import Function

log: Final = logging.getLogger("phidrift.host")

_CHECK_SECONDS: Final = 0.5


class OutOfTime(DriftError):
    """An invocation ran longer than functionTimeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One invocation: ``commit`` stores its output, ``renew`` renews the lease of its input."""

    function: Function
    arrival: Arrival
    commit: Callable[[Outputs], None]
    renew: Callable[[], None] | None = None
    about: str = ""


@dataclass(slots=True, eq=False)
class _Running:
    """A running job. Its return or its deadline, whichever comes first, decides how it ended."""

    job: Job
    renewed_at: float
    done: Future[FunctionResult] = field(default_factory=Future)
    began_at: float | None = None
    is_late: bool = False
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, *, late: bool = False) -> bool:
        """Claim the end; False if it was claimed before."""
        with self._lock:
            if self._ended:
                return False
            self._ended, self.is_late = True, late
            return True


class Invocations:
    """The pool. Output counts once it is stored; output beyond the deadline is not stored."""

    def __init__(
        self, *, threads: int, timeout_seconds: float | None, renew_seconds: float
    ) -> None:
        self._timeout = timeout_seconds
        self._renew_seconds = renew_seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._running: set[_Running] = set()
        self._late: set[_Running] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._watch_jobs, name="watch", daemon=True)
        self._watch.start()

    def start(self, job: Job) -> Future[FunctionResult]:
        """Run a job; the future ends when its output is stored, or with the error, which is logged."""
        running = _Running(job, renewed_at=time.monotonic())
        with self._lock:
            self._running.add(running)
        self._pool.submit(self._run, running).add_done_callback(
            lambda future: self._finish(running, future)
        )
        return running.done

    def stop(self) -> bool:
        """Cancel jobs that have not begun; finish the others, with what follows them.

        Return False if a late one still runs.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            under_way = list(self._running)
        wait(running.done for running in under_way)
        self._stop.set()
        self._watch.join()
        if self._late:
            return False
        self._pool.shutdown(wait=True)  # what follows the end of a job runs in its thread
        return True

    def _run(self, running: _Running) -> FunctionResult:
        running.began_at = time.monotonic()
        answer = call(running.job.function, running.job.arrival)
        if running.end():
            running.job.commit(answer.outputs)
            running.done.set_result(answer)
        return answer

    def _finish(self, running: _Running, future: Future[FunctionResult]) -> None:
        with self._lock:
            self._running.discard(running)
            self._late.discard(running)
        running.end()
        error = CancelledError() if future.cancelled() else future.exception()
        if error is not None and not running.is_late:
            self._fail(running, error)

    def _fail(self, running: _Running, error: BaseException) -> None:
        if not isinstance(error, CancelledError):
            about = f" ({running.job.about})" if running.job.about else ""
            log.error("%s failed: %s%s", running.job.function.name, describe_error(error), about)
        running.done.set_exception(error)

    def _watch_jobs(self) -> None:
        """Renew the leases of running jobs, and end jobs that are over their deadline."""
        while not self._stop.wait(min(_CHECK_SECONDS, self._renew_seconds / 2)):
            with self._lock:
                under_way = list(self._running)
            for running in under_way:
                self._check(running, time.monotonic())

    def _check(self, running: _Running, now: float) -> None:
        began = running.began_at
        if self._timeout and began is not None and now - began > self._timeout:
            # Azure ends the whole worker here. A thread cannot be ended, so it runs on. Its output
            # is dropped, since another process may be doing the same message by then.
            if running.end(late=True):
                with self._lock:
                    self._running.discard(running)
                    self._late.add(running)
                self._fail(running, OutOfTime(f"longer than functionTimeout ({self._timeout:g} s)"))
        elif running.job.renew and now - running.renewed_at >= self._renew_seconds:
            running.renewed_at = now
            try:
                running.job.renew()
            except QueuesUnavailable as error:
                log.warning("%s: its lease was not renewed: %s", running.job.function.name, error)


def describe_error(error: BaseException) -> str:
    """Describe an error without its text, unless it is ours: errors of libraries may quote PHI."""
    kind = type(error).__name__
    if isinstance(error, DriftError):
        return f"{kind}: {' '.join(str(error).split())}"
    frames = extract_tb(error.__traceback__)
    return f"{kind} at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else kind
