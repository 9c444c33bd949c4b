"""A server that misbehaves below HTTP; a function decides what it does with each connection."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

Behaviour = Callable[["Wire", socket.socket], None]

_HANG_UP: Final = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER on, 0 s: close sends a reset


class Wire:
    """Listens on loopback; ``requests`` has each request's head and body as they came."""

    def __init__(self, tls: ssl.SSLContext | None, behave: Behaviour) -> None:
        self._tls = tls
        self._behave = behave
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.closing = threading.Event()
        self.connections = 0
        self.requests: list[tuple[str, bytes]] = []
        self.reset = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()
        for connection in self._open:
            connection.close()

    def read(self, connection: socket.socket) -> None:
        """Read one request and remember it."""
        with connection.makefile("rb") as lines:
            head = b""
            while (line := lines.readline()) not in (b"\r\n", b""):
                head += line
            fields = dict(each.split(": ", 1) for each in head.decode("latin-1").splitlines()[1:])
            body = lines.read(int(fields.get("Content-Length", 0)))
        if not head:
            raise ConnectionResetError
        self.requests.append((head.decode("latin-1"), body))

    def _accept(self) -> None:
        with suppress(OSError):
            while not self.closing.is_set():
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            self._behave(self, connection)
        except OSError:
            self.reset.set()
        finally:
            connection.close()


def answering(status: int, headers: str = "", body: bytes = b"{}") -> Behaviour:
    """Answer every request on a connection."""

    def behave(wire: Wire, connection: socket.socket) -> None:
        while not wire.closing.is_set():
            wire.read(connection)
            head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
            connection.sendall(head.encode() + body)

    return behave


def dripping(start: bytes, drop: bytes) -> Behaviour:
    """Read a request, then send a few bytes ten times a second for ever."""

    def behave(wire: Wire, connection: socket.socket) -> None:
        wire.read(connection)
        connection.sendall(start)
        while not wire.closing.wait(0.1):
            connection.sendall(drop)

    return behave


def silent(wire: Wire, connection: socket.socket) -> None:
    """Read a request and say nothing until the other side hangs up."""
    wire.read(connection)
    while connection.recv(1024):
        pass
    raise ConnectionResetError


def hanging_up(wire: Wire, connection: socket.socket) -> None:
    """Read a request and reset the connection."""
    wire.read(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP)


def mute(wire: Wire, connection: socket.socket) -> None:
    """Take the connection and do nothing with it, not even shake hands."""
    wire.closing.wait()


def babbling(wire: Wire, connection: socket.socket) -> None:
    """Answer with something that is no HTTP."""
    wire.read(connection)
    connection.sendall(b"\x16\x03garbage\r\n\r\n" * 10)
