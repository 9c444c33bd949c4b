"""A sandbox without lag or faults, a caller with a token, and the real SDK clients for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from azure.mgmt.resource.resources import ResourceManagementClient

from sandbox.clinic.estate import SUBSCRIPTION, clinic
from sandbox.core.people import ENGINEER
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.sandbox.people import Person

Call = Callable[..., requests.Response]
Post = Callable[..., requests.Response]
SCOPE = "https://management.azure.com/.default"


@pytest.fixture
def azure() -> Iterator[Sandbox]:
    """Return the clinic; each write is read back at once, so no replica is behind."""
    with Sandbox(lag=None, behaviour=PROMPT, log_delay=(0.0, 0.0)) as sandbox:
        sandbox.place(*clinic())
        yield sandbox


@pytest.fixture
def call(azure: Sandbox) -> Iterator[Call]:
    """Send a request to ARM as the engineer; ``params`` and the like as ``requests`` has them."""
    with requests.Session() as session:
        bundle = str(azure.ca_bundle)

        def send(method: str, path: str, version: str = "2024-01-01", **more: Any) -> Any:
            headers = {"Authorization": f"Bearer {azure.token(ENGINEER)}"}
            headers |= more.pop("headers", {})
            params = ({"api-version": version} if version else {}) | more.pop("params", {})
            url = path if path.startswith("https:") else f"{azure.arm.base_url}{path}"
            if path.startswith("https:"):
                params = {}
            return session.request(
                method, url, headers=headers, params=params, timeout=60, verify=bundle, **more
            )

        yield send


@pytest.fixture
def post(azure: Sandbox) -> Iterator[Post]:
    """Yield what posts JSON, or bytes as they are, to a far end."""
    with requests.Session() as session:

        def send(url: str, body: Any, **headers: str) -> requests.Response:
            more: dict[str, Any] = {
                "headers": headers,
                "timeout": 10,
                "verify": str(azure.ca_bundle),
            }
            if isinstance(body, bytes):
                return session.post(url, data=body, **more)
            return session.post(url, json=body, **more)

        yield send


@pytest.fixture
def resources(azure: Sandbox) -> Iterator[ResourceManagementClient]:
    """Return Microsoft's own client, acting as the engineer."""
    client = ResourceManagementClient(
        Person(azure, ENGINEER),
        SUBSCRIPTION,
        base_url=azure.arm.base_url,
        credential_scopes=[SCOPE],
        connection_verify=str(azure.ca_bundle),
        retry_total=0,
        polling_interval=0,
    )
    with client:
        yield client
