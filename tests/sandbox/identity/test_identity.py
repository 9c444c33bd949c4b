"""The managed identity endpoint speaks the protocol of App Service."""

from typing import Any

import pytest
import requests

from sandbox.core.people import MONITOR
from sandbox.world import Sandbox

ARM = "https://management.azure.com"


def ask(azure: Sandbox, *, header: str | None = None, **query: str) -> requests.Response:
    params: dict[str, Any] = {"api-version": "2019-08-01", "resource": ARM} | query
    headers = {"X-IDENTITY-HEADER": header or azure.identity.header}
    return requests.get(azure.identity.url, params=params, headers=headers, timeout=60)


def test_a_caller_with_the_right_header_gets_a_token(azure: Sandbox) -> None:
    told = ask(azure).json()

    assert told["token_type"] == "Bearer"
    assert told["resource"] == ARM
    assert int(told["expires_on"]) > azure.clock().timestamp()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"header": "wrong"}, 401),
        ({"api-version": "2010-01-01"}, 400),
        ({"resource": "graph"}, 400),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, 400),
        ({"client_id": MONITOR.app_id}, 200),
    ],
)
def test_a_token_request_is_checked(azure: Sandbox, query: dict[str, str], status: int) -> None:
    assert ask(azure, **query).status_code == status


def test_a_managed_identity_endpoint_may_be_set_to_fail(azure: Sandbox) -> None:
    azure.identity.refuse(status=500, times=1)

    assert [ask(azure).status_code for _ in range(2)] == [500, 200]
