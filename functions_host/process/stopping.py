"""How a command stops: the first request starts an orderly stop, the second ends the process at once.

A request is SIGINT, SIGTERM, SIGHUP or the end of an input that a parent process holds open. The
interpreter runs signal handlers between two instructions of the main thread, so a handler that takes
a lock can wait for itself, and a blocked main thread delays it. Here handlers do nothing: the
interpreter writes each signal to a socket, and a thread reads it.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Final

GRACE_SECONDS: Final = 30.0
"""How long an orderly stop may take: longer than one delivery, which has 20 s."""

_FIRST_OF_SIGNAL: Final = 128
"""A shell reports a process that a signal ended as 128 + the signal's number."""

_LATE: Final = 1
"""The exit code of an orderly stop that did not finish in time."""


class Stopped(Exception):
    """The command was asked to stop; ``exit_code`` is 128 + the signal's number."""

    def __init__(self, exit_code: int) -> None:
        super().__init__("stopped")
        self.exit_code = exit_code


class StopRequests:
    """Collects the requests to stop from signals, a parent's pipe and a time limit.

    Until ``make_orderly`` is called nothing has begun that must be finished, so the first request
    ends the process with exit code 0.
    """

    def __init__(
        self, *, grace_seconds: float = GRACE_SECONDS, end: Callable[[int], object] = os._exit
    ) -> None:
        self._grace_seconds = grace_seconds
        self._end = end
        self._requested = threading.Event()
        self._lock = threading.Lock()
        self._is_orderly = False
        self._exit_code = 0
        self._last_steps: list[Callable[[], object]] = []

    def install(self) -> None:
        """Receive signals from now on, until the process ends; call it in the main thread."""
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        threading.Thread(
            target=self._read_signals, args=(reader, writer), name="signals", daemon=True
        ).start()
        for number in _signals():
            signal.signal(number, lambda *_: None)

    def stop_at_end_of(self, input_: int) -> None:
        """Request a stop when nothing more can be read from a file descriptor."""
        threading.Thread(
            target=self._read_to_end, args=(input_,), name="end of input", daemon=True
        ).start()

    def make_orderly(self) -> None:
        """From now on let the first request start an orderly stop."""
        with self._lock:
            self._is_orderly = True

    def before_end(self, step: Callable[[], object]) -> None:
        """Run ``step`` before the process ends at once; the newest step runs first."""
        with self._lock:
            self._last_steps.append(step)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the first request; return False if the time is over before."""
        return self._requested.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Sleep; raise Stopped as soon as a stop is requested."""
        if self.wait(seconds):
            raise Stopped(self._exit_code)

    def request(self, exit_code: int) -> None:
        """Start the orderly stop; end at once if it has started, or if there is nothing to finish."""
        with self._lock:
            is_first, is_orderly = not self._requested.is_set(), self._is_orderly
            if is_first:
                self._exit_code = exit_code
                self._requested.set()
        if not is_orderly:
            self._end_at_once(0)
        elif not is_first:
            self._end_at_once(exit_code)
        else:
            limit = threading.Timer(self._grace_seconds, self._end_at_once, (_LATE,))
            limit.daemon = True
            limit.start()

    def _end_at_once(self, exit_code: int) -> None:
        with self._lock:
            steps = list(reversed(self._last_steps))
        try:
            for step in steps:
                step()
        finally:
            self._end(exit_code)

    def _read_signals(self, reader: socket.socket, writer: socket.socket) -> None:
        with reader, writer:  # this thread keeps both open for as long as the process runs
            while numbers := reader.recv(1):
                self.request(_FIRST_OF_SIGNAL + numbers[0])

    def _read_to_end(self, input_: int) -> None:
        while os.read(input_, 4096):
            pass
        self.request(0)


def _signals() -> list[signal.Signals]:
    """Return the signals that request a stop; a SIGHUP that nohup ignores stays ignored."""
    found = [signal.SIGINT, signal.SIGTERM]
    hang_up: signal.Signals | None = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        found.append(hang_up)
    return found
