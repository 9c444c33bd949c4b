"""The HTTP server on the wire: bodies of any form, connections that last, limits."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import azure.functions as func
import pytest

from functions_host.http.messages import Response
from functions_host.http.server import MAX_BODY_BYTES, Server
from tests.functions_host.hosting import PATIENCE_SECONDS, ask, hosted


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a function that says how long a body is."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.route(route="length")
    def length(req: func.HttpRequest) -> str:
        return str(len(req.get_body()))

    with hosted(app, tmp_path_factory.mktemp("server")) as (address, _):
        yield f"{address}/api/length"


def exchange(url: str, *sent: bytes) -> bytes:
    """Send bytes as they are, and return everything that comes back until the end."""
    target = urlsplit(url)
    with closing(socket.create_connection((target.hostname or "", target.port or 0), 20)) as wire:
        for each in sent:
            wire.sendall(each)
        received = b""
        while chunk := wire.recv(65536):
            received += chunk
        return received


def test_a_body_of_the_largest_size_is_read_whole(url: str) -> None:
    assert ask("POST", url, b"x" * MAX_BODY_BYTES).body == str(MAX_BODY_BYTES).encode()


def test_a_longer_body_is_refused_and_the_answer_arrives(url: str) -> None:
    answer = ask("POST", url, b"x" * (MAX_BODY_BYTES + 1))

    assert (answer.status, answer.headers["Connection"]) == (413, "close")


def test_a_longer_body_that_waits_to_be_asked_for_is_refused_before_it_is_sent(url: str) -> None:
    head = (
        b"POST /api/length HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Length: 4194305\r\n\r\n"
    )

    assert exchange(url, head).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_waits_to_be_asked_for_is_asked_for(url: str) -> None:
    head = (
        b"POST /api/length HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Length: 3\r\nConnection: close\r\n\r\n"
    )

    received = exchange(url, head, b"abc")

    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\n3")


def test_a_chunked_body_is_read_whole(url: str) -> None:
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=60)

    with closing(connection):
        connection.request("POST", target.path, iter([b"abc", b"de"]), encode_chunked=True)

        assert connection.getresponse().read() == b"5"


def test_a_connection_serves_one_request_after_the_other(url: str) -> None:
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=60)
    with closing(connection):
        answers = []
        for size in range(3):
            connection.request("POST", target.path, b"x" * size)
            answers.append(connection.getresponse().read())

    assert answers == [b"0", b"1", b"2"]


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /api/length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
    ids=["length", "chunk", "address", "request line"],
)
def test_what_is_not_understood_is_refused_and_the_connection_closed(
    url: str, request_: bytes
) -> None:
    assert exchange(url, request_).startswith(b"HTTP/1.1 400 ")


def test_only_this_machine_is_served(url: str) -> None:
    assert urlsplit(url).hostname == "127.0.0.1"


def test_the_end_does_not_wait_for_a_body_that_never_comes() -> None:
    server = Server(0, lambda _: Response(200))
    threading.Thread(target=server.serve, daemon=True).start()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    address = ("127.0.0.1", server.server_port)
    with closing(socket.create_connection(address, PATIENCE_SECONDS)) as wire:
        wire.sendall(head)
        asked_for = wire.recv(65536)
        end = threading.Thread(target=server.drain)
        end.start()
        end.join(PATIENCE_SECONDS)

        assert asked_for.startswith(b"HTTP/1.1 100 ")
        assert not end.is_alive()
