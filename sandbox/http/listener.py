"""An HTTP/1.1 server on a port that the system chose: keep-alive, TLS where asked, threaded."""

import gzip
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.http.messages import Answer, Request

_IDLE_SECONDS: Final = 120
_WORTH_PACKING: Final = 1024
"""The size from which a body is compressed for clients that accept it, as Azure's front ends do."""

_HANG_UP: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close sends RST


@dataclass(frozen=True, slots=True)
class Sent:
    """The bytes to send. ``cut``: close in the middle of the body; ``reset``: close without an answer."""

    answer: Answer
    cut: bool = False
    reset: bool = False


Serve = Callable[[Request], Sent]


class Listener(ThreadingHTTPServer):
    """Serves on loopback until closed. Defects of the sandbox itself are kept in ``defects``."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, serve: Serve, clock: Callable[[], datetime], tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.serve = serve
        self.clock = clock
        self.tls = tls
        self.defects: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def base_url(self) -> str:
        """Return the scheme, address and port."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and close all connections."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            self._hang_up(connection)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; its TLS handshake is left to its own thread."""
        connection, address = super().get_request()
        if self.tls:
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's
        """Record a defect of the sandbox; a client that closes its connection is not a defect."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError | EOFError):
            self.defects.append(error)

    @staticmethod
    def _hang_up(connection: socket.socket) -> None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # already gone


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one write, so no delayed ACK delays the second
    timeout = _IDLE_SECONDS
    server: Listener

    def _handle(self) -> None:
        url = urlsplit(self.path)
        request = Request(
            at=self.server.clock(),
            method=self.command,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            target=self.path,
        )
        self._send(self.server.serve(request))

    do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = do_HEAD = do_OPTIONS = _handle  # noqa: N815 - http.server's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self._chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding", "").lower() == "gzip":
            return gzip.decompress(body)
        return body

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, sent: Sent) -> None:
        if sent.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP)
            self.close_connection = True
            return
        self.send_response_only(sent.answer.status)
        self.send_header("Date", self.date_time_string(self.server.clock().timestamp()))
        for name, value in sent.answer.headers.items():
            self.send_header(name, value)
        body = self._framed(sent.answer)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if sent.cut else body)
        self.wfile.flush()
        if sent.cut:
            self.close_connection = True

    def _framed(self, answer: Answer) -> bytes:
        """Set the transfer headers and return the body: plain, or compressed and chunked."""
        packs = "gzip" in self.headers.get("Accept-Encoding", "")
        if packs and len(answer.body) >= _WORTH_PACKING:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Transfer-Encoding", "chunked")
            packed = gzip.compress(answer.body, 1)
            return b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        return answer.body

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log nothing: the endpoint has its own log."""
