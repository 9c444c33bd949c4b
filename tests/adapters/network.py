"""The network between a store and Azurite, and the faults that it can inject into a batch."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from drift.config.storage_account import StorageAccount
from tests.notifiers.wire import Wire

Answer = bytes | None
"""What is sent back, whole; None resets the connection instead."""
Fault = Callable[["Network", bytes], Answer]
"""What becomes of one request, which it may let through."""

STALL_SECONDS = 5
"""Less than a store waits for an answer."""

RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER on, 0 s: close sends a reset


@dataclass
class Network:
    """Lets requests through, but for the faults that wait for the next batches, or for all others.

    ``arrived`` counts the batches that came through, ``asked`` those that were sent. Nothing comes
    through while it ``is_down``.
    """

    azurite: str
    batches: list[Fault] = field(default_factory=list)
    others: list[Fault] = field(default_factory=list)
    late: list[bytes] = field(default_factory=list)
    arrived: int = 0
    asked: int = 0
    is_down: bool = False

    def through(self, request: bytes) -> bytes:
        """Let a request through, and return the answer."""
        self.arrived += _is_batch(request)
        with socket.create_connection(("127.0.0.1", urlsplit(self.azurite).port or 0)) as far:
            far.sendall(request)
            answer = http.client.HTTPResponse(far)
            answer.begin()
            body = answer.read()
            kept = [
                f"{name}: {value}"
                for name, value in answer.getheaders()
                if name.lower() not in ("transfer-encoding", "content-length", "connection")
            ]
        head = (f"HTTP/1.1 {answer.status} x", *kept, f"Content-Length: {len(body)}", "", "")
        return "\r\n".join(head).encode("latin-1") + body

    def __call__(self, wire: Wire, connection: socket.socket) -> None:
        """Serve one connection in the store's place."""
        while not wire.closing.is_set():
            wire.read(connection)
            head, body = wire.requests[-1]
            answer = self._answer(f"{head}\r\n".encode("latin-1") + body)
            if answer is None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
            connection.sendall(answer)
            if not _is_whole(answer):
                return

    def _answer(self, request: bytes) -> Answer:
        self.asked += _is_batch(request)
        faults = self.batches if _is_batch(request) else self.others
        fault = faults.pop(0) if faults else passes
        return None if self.is_down else fault(self, request)


@contextmanager
def network_to(account: StorageAccount) -> Iterator[tuple[Network, StorageAccount]]:
    """Run a network to an account; hand it out, and the account at its near end."""
    network = Network(account.tables)
    with Wire(None, network) as wire:
        path = urlsplit(account.tables).path
        yield network, replace(account, tables=f"http://{wire.address}{path}")


def passes(network: Network, request: bytes) -> Answer:
    return network.through(request)


def is_reset_on_its_way(network: Network, request: bytes) -> Answer:
    return None


def is_reset_after_it_arrived(network: Network, request: bytes) -> Answer:
    network.through(request)
    return None


def is_answered_in_part(network: Network, request: bytes) -> Answer:
    return network.through(request)[:-40]


def is_answered_by_something_else(network: Network, request: bytes) -> Answer:
    network.through(request)
    return _said(200, {"Content-Type": "text/html"}, b"<html>proxy</html>")


def is_answered_without_its_parts(network: Network, request: bytes) -> Answer:
    network.through(request)
    kind = {"Content-Type": "multipart/mixed; boundary=batch_x"}
    return _said(202, kind, b"--batch_x\r\n\r\n\r\n--batch_x--\r\n")


def fails_after_it_arrived(network: Network, request: bytes) -> Answer:
    network.through(request)
    return refusal(500, "OperationTimedOut")(network, request)


def comes_late(network: Network, request: bytes) -> Answer:
    """Lose sight of it; it arrives just before the next one."""
    network.late.append(request)
    network.batches.insert(0, _overtaken)
    return None


def _overtaken(network: Network, request: bytes) -> Answer:
    network.through(network.late.pop())
    return network.through(request)


def stalls(network: Network, request: bytes) -> Answer:
    """Let it through late."""
    time.sleep(STALL_SECONDS)
    return network.through(request)


def stalls_after_it_arrived(network: Network, request: bytes) -> Answer:
    """Let it through, and answer late."""
    answer = network.through(request)
    time.sleep(STALL_SECONDS)
    return answer


def refusal(status: int, code: str) -> Fault:
    """Return what refuses a request, as Azure Tables words it, before it arrives."""
    told = {"odata.error": {"code": code, "message": {"lang": "en-US", "value": "swordfish"}}}

    def refuse(network: Network, request: bytes) -> Answer:
        return _said(status, {"Content-Type": "application/json"}, json.dumps(told).encode())

    return refuse


def _said(status: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = (f"{name}: {value}" for name, value in headers.items())
    head = (f"HTTP/1.1 {status} x", *lines, f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(head).encode() + body


def _is_batch(request: bytes) -> bool:
    return b"/$batch " in request.partition(b"\r\n")[0]


def _is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.lower().rpartition(b"content-length: ")[2].split()[0]) == len(body)
