"""The HTTP server: reads each request whole, within a limit, and answers in a single write."""

import logging
import socket
import sys
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from functions_host.functions.invocations import describe_error
from functions_host.http.body import BadBody, announces_more, read_body
from functions_host.http.messages import Handler, Request, Response, text_response

MAX_BODY_BYTES: Final = 4 * 1024 * 1024

log: Final = logging.getLogger("phidrift.host")

_IDLE_SECONDS: Final = 60.0
_CHECK_SECONDS: Final = 0.1
_LINGER_SECONDS: Final = 2.0
_LONGEST_LINGER: Final = 10.0
_LINGER_BYTES: Final = 64 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """Serves a handler on 127.0.0.1; ``drain`` waits for the requests under way."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: Handler) -> None:
        self.answer = handler
        self._under_way = 0
        self._idle = threading.Condition()
        super().__init__(("127.0.0.1", port), _Connection)

    def serve(self) -> None:
        """Serve until drained."""
        self.serve_forever(_CHECK_SECONDS)

    def began(self) -> None:
        """Count one more request."""
        with self._idle:
            self._under_way += 1

    def ended(self) -> None:
        """Count one request less."""
        with self._idle:
            self._under_way -= 1
            self._idle.notify_all()

    def drain(self) -> None:
        """Accept nothing more, and return when every request under way is answered."""
        self.shutdown()
        self.server_close()
        with self._idle:
            self._idle.wait_for(lambda: self._under_way == 0)

    def handle_error(self, *_: object) -> None:
        """Log an error, unless the client closed the connection."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            log.error("a request was not answered: %s", describe_error(error))


class _Connection(BaseHTTPRequestHandler):
    """One connection; its requests one after the other."""

    server: Server
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # the base's, 0.9, would refuse without a status line
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered: an answer leaves in one write

    def version_string(self) -> str:
        """Return the product's name, without a version."""
        return "phidrift"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
        """Log no request: a query may contain a secret."""

    def handle_expect_100(self) -> bool:
        """Refuse a body that is announced as too long, before it is sent."""
        if announces_more(self.headers, MAX_BODY_BYTES):
            return True  # the answer is 413 instead of 100 Continue
        result = super().handle_expect_100()
        self.wfile.flush()
        return result

    def handle_one_request(self) -> None:
        """Handle one request; a broken connection ends it."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self) -> None:
        """Read a request and answer it; the end waits only for requests that were read whole."""
        request = self._request()
        self.server.began()
        try:
            self._send(request if isinstance(request, Response) else self.server.answer(request))
        finally:
            self.server.ended()

    def _request(self) -> Request | Response:
        """Read the request, or return the answer that names its error."""
        try:
            body = read_body(self.rfile, self.headers, MAX_BODY_BYTES)
            target = urlsplit(self.path)
        except BadBody as error:
            self.close_connection = True
            return text_response(error.status, str(error))
        except ValueError:
            return text_response(HTTPStatus.BAD_REQUEST, "the address is not understood")
        host = self.headers.get("Host") or "127.0.0.1"
        return Request(
            method=self.command,
            url=f"http://{host}{self.path}",
            path=unquote(target.path),
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        has_body = response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if has_body:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()
        if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            self._linger()

    def _linger(self) -> None:
        """Read on for a moment: closing a connection with unread bytes would reset it and lose the answer."""
        left, until = _LINGER_BYTES, time.monotonic() + _LONGEST_LINGER
        with suppress(OSError):  # the client may be gone already, or send no more
            self.connection.settimeout(_LINGER_SECONDS)
            self.connection.shutdown(socket.SHUT_WR)
            while left > 0 and time.monotonic() < until and (chunk := self.rfile.read1(65536)):
                left -= len(chunk)

    # The base class finds a method's handler by these names.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815
