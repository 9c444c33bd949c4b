"""An identity and servers with answers that a test chooses."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions

from adapters.arm.reader import ArmReader
from adapters.azure_http.credential import SharedCredential
from drift.errors import SourceUnavailable
from sandbox.http.certificates import server_context
from sandbox.http.endpoint import Endpoint
from sandbox.http.messages import Answer, Request
from sandbox.world import Sandbox

SUBSCRIPTION = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
GROUP = f"{SUBSCRIPTION}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/records"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
ARM_SCOPE = "https://management.azure.com/.default"
LOGS_SCOPE = "https://api.loganalytics.io/.default"

NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
TOKEN = "swordfish-token"


ReadersOf = Callable[[str], ArmReader]


def refusal_of(ask: Callable[[], object]) -> SourceUnavailable:
    """Return the SourceUnavailable that a call raises."""
    with pytest.raises(SourceUnavailable) as caught:
        ask()
    return caught.value


class FixedToken:
    """A credential that always has the same token."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        self.scopes.extend(scopes)
        return AccessTokenInfo(TOKEN, 4_000_000_000)

    def close(self) -> None:
        """There is nothing to close."""


def fixed_credential() -> SharedCredential:
    """Return a credential that never asks anybody."""
    return SharedCredential(FixedToken)


class Scripted(Endpoint):
    """A TLS server that answers each request as the function says, dated NOW."""

    def __init__(self, tls: ssl.SSLContext, script: Callable[[Request], Answer]) -> None:
        super().__init__(lambda: NOW, tls)
        self._script = script

    def answer(self, request: Request) -> Answer:
        return self._script(request)


@contextlib.contextmanager
def scripted(sandbox: Sandbox, script: Callable[[Request], Answer]) -> Iterator[Scripted]:
    """Run a scripted server with the sandbox's certificate."""
    server = Scripted(server_context(sandbox.ca_bundle.parent), script)
    server.start()
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def raw_server(
    sandbox: Sandbox, answer: bytes, *, hangs_up: bool = True, drip: bytes = b""
) -> Iterator[str]:
    """Run a TLS server that sends these bytes to each client; yield its address.

    It then hangs up, or says no more, or sends ``drip`` again and again without an end.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    context = server_context(sandbox.ca_bundle.parent)
    is_over = threading.Event()

    def serve_one(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as connection:
            connection.recv(65_536)
            connection.sendall(answer)
            while drip and not is_over.wait(0.02):
                connection.sendall(drip)
            if not hangs_up:
                is_over.wait(10)

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                serve_one(listener.accept()[0])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        is_over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
