"""A deadline that ends a call, even one that still receives data.

A socket's time-out applies to each read: an answer of one byte a second never reaches it. A send
that outlives its claim could arrive after the next message. So the connection is reset at the
deadline, and the bytes in the kernel's send buffer are discarded.
"""

import queue
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Final, Self, TypeVar

_CURRENT: Final[ContextVar["CallDeadline | None"]] = ContextVar("deadline", default=None)

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends a reset and discards unsent bytes."""

Address = tuple[Any, ...]
AddressRoute = tuple[socket.AddressFamily, socket.SocketKind, int, str, Address]
LookUp = Callable[[str, int], Sequence[AddressRoute]]
T = TypeVar("T")


class CallDeadline:
    """Limit a call to a number of seconds: a context that watches the connections of this thread.

    A second call may enter it after the first: both share the same seconds.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._guard: socket.socket | None = None
        self._outer: Token[CallDeadline | None] | None = None
        self.over = False

    def __enter__(self) -> Self:
        self._outer = _CURRENT.set(self)
        self._timer = threading.Timer(max(0.0, self._ends - time.monotonic()), self._cut)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._outer is not None:
            _CURRENT.reset(self._outer)
        with self._lock:
            self._release(reset=error is not None)

    def remaining(self) -> float:
        """Return the seconds left; raise TimeoutError when there are none."""
        left = self._ends - time.monotonic()
        if self.over or left <= 0:
            raise TimeoutError("the deadline is over")
        return left

    def socket_timeout(self) -> float:
        """Return a time-out for a socket, a little longer so that the deadline ends the call first."""
        return self.remaining() + 1

    def watch(self, connected: socket.socket) -> None:
        """Cut this connection off at the deadline; raise TimeoutError if that has passed."""
        # A second descriptor of the same connection: TLS takes the first one away from its socket
        # object, and the client closes it when it likes, neither of which may race with the timer.
        guard = socket.fromfd(connected.fileno(), connected.family, connected.type)
        with self._lock:
            self._release(reset=False)
            self._guard = guard
        self.remaining()

    def _cut(self) -> None:
        with self._lock:
            self.over = True
            if self._guard is not None:
                _shut(self._guard)

    def _release(self, *, reset: bool) -> None:
        if self._guard is not None:
            if reset:
                _shut(self._guard)
            self._guard.close()
        self._guard = None


def current_deadline() -> CallDeadline | None:
    """Return the deadline that this thread's call runs under, if it runs under one."""
    return _CURRENT.get()


def look_up(host: str, port: int) -> Sequence[AddressRoute]:
    """Return the addresses of a name; raise OSError if it has none."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("not a name that can be looked up") from None


def connect(
    host: str, port: int, deadline: CallDeadline, look_up: LookUp = look_up
) -> socket.socket:
    """Connect to the first address that answers; raise OSError, TimeoutError when time is up."""
    routes = in_time(lambda: look_up(host, port), deadline, raises=OSError)
    refused = OSError("the name has no address")
    for untried in range(len(routes), 0, -1):
        try:
            # An address that drops packets (often a broken IPv6) leaves time for the others.
            return _dial(routes[-untried], deadline.remaining() / untried)
        except OSError as error:
            refused = error
    raise refused


def _dial(route: AddressRoute, seconds: float) -> socket.socket:
    family, kind, protocol, _, address = route
    connection = socket.socket(family, kind, protocol)
    try:
        connection.settimeout(seconds)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def in_time(ask: Callable[[], T], deadline: CallDeadline, *, raises: type[Exception]) -> T:
    """Run a call that cannot be interrupted (a look-up, a token) in a thread of its own.

    A thread that is left behind does not send a message; it ends with its call. Raise TimeoutError,
    and the errors of type ``raises`` that the call raises.
    """
    answers: queue.SimpleQueue[tuple[T] | Exception] = queue.SimpleQueue()

    def keep_answer() -> None:
        try:
            answers.put((ask(),))
        except raises as error:
            answers.put(error)

    threading.Thread(target=keep_answer, daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.remaining())
    except queue.Empty:
        raise TimeoutError("no answer in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer[0]


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
