"""Connections to Azure: reused, unless idle for so long that a NAT may have dropped them."""

import threading
from collections.abc import Iterator

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

from adapters.azure_http.transport import REUSE_SECONDS, transport
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import scripted


class Far:
    """A server that knows which connection each request came by, and a clock to turn."""

    def __init__(self) -> None:
        self.now = 0.0
        self.connections: list[threading.Thread] = []
        self.address = ""

    def answer(self, _: Request) -> Answer:
        """Answer with a body that is worth packing."""
        self.connections.append(threading.current_thread())  # the server has one for each
        return json_answer(200, {"x": "y" * 5000})

    def ask(self, sender: RequestsTransport) -> None:
        """Send a request."""
        sender.send(HttpRequest("GET", self.address))


@pytest.fixture
def far(sandbox: Sandbox) -> Iterator[Far]:
    """Run the server."""
    far = Far()
    with scripted(sandbox, far.answer) as server:
        far.address = server.base_url
        yield far


@pytest.mark.parametrize(
    ("idle", "connections"),
    [(0.0, 1), (REUSE_SECONDS, 1), (REUSE_SECONDS + 1, 3)],
)
def test_a_connection_is_used_again_unless_it_was_idle_for_long(
    far: Far, idle: float, connections: int
) -> None:
    with transport(5, clock=lambda: far.now) as sender:
        for _ in range(3):
            far.ask(sender)
            far.now += idle

    assert len(far.connections) == 3
    assert len(set(far.connections)) == connections


def test_how_long_an_idle_connection_is_trusted_may_be_chosen(far: Far) -> None:
    with transport(5, reuse_seconds=3.0, clock=lambda: far.now) as sender:
        for _ in range(3):
            far.ask(sender)
            far.now += 3.5

    assert len(set(far.connections)) == 3
