"""HTTP functions: their routes and answers."""

import json
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest

from tests.functions_host.hosting import ask, hosted


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve functions that record their calls."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

    def told(request: func.HttpRequest) -> str:
        return json.dumps(
            {
                "method": request.method,
                "route": dict(request.route_params),
                "query": dict(request.params),
                "body": request.get_body().decode(),
                "agent": request.headers.get("X-Agent"),
            }
        )

    @app.route(route="things/{id:int}", methods=["GET", "PUT"])
    def thing(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(told(req), mimetype="application/json")

    @app.route(route="things/new")
    def new(req: func.HttpRequest) -> str:
        return told(req)

    @app.route(route="optional/{id?}")
    def optional(req: func.HttpRequest) -> str:
        return told(req)

    @app.route(route="files/{*path}")
    def files(req: func.HttpRequest) -> func.HttpResponse:
        response = func.HttpResponse(b"\x00", status_code=201, headers={"X-A": "1"})
        response.headers.add("Set-Cookie", "a=1")
        response.headers.add("Set-Cookie", "b=2")
        return response

    @app.route()
    def broken(req: func.HttpRequest) -> str:
        raise ValueError("swordfish")

    with hosted(app, tmp_path_factory.mktemp("routes")) as (address, _):
        yield address


def test_a_function_sees_the_whole_request(url: str) -> None:
    answer = ask("PUT", f"{url}/api/things/7?a=1&b=", "body", {"X-Agent": "test"})

    expected: dict[str, Any] = {
        "method": "PUT",
        "route": {"id": "7"},
        "query": {"a": "1", "b": ""},
        "body": "body",
        "agent": "test",
    }
    assert json.loads(answer.body) == expected
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/things/7", 200),
        ("GET", "/API/Things/7/", 200),
        ("POST", "/api/things/7", 404),
        ("GET", "/api/things/x", 404),
        ("DELETE", "/api/things/new", 200),
        ("GET", "/api/optional", 200),
        ("GET", "/api/optional/1", 200),
        ("GET", "/api/optional/1/2", 404),
        ("GET", "/api/files/a/b%20c", 201),
        ("GET", "/things/7", 404),
        ("GET", "/", 404),
        ("GET", "/api/broken", 500),
    ],
)
def test_a_path_means_the_function_whose_route_fits(
    url: str, method: str, path: str, status: int
) -> None:
    assert ask(method, f"{url}{path}").status == status


def test_headers_that_come_twice_and_bytes_are_passed_on(url: str) -> None:
    answer = ask("GET", f"{url}/api/files/x")

    assert (answer.body, answer.headers["X-A"]) == (b"\x00", "1")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_failed_function_answers_500_without_the_reason(url: str) -> None:
    assert ask("GET", f"{url}/api/broken").body == b""


def test_head_is_answered_without_a_body(url: str) -> None:
    answer = ask("HEAD", f"{url}/api/things/new")

    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0
