"""Calls of Microsoft Graph as the person who is signed in to ``az``, or with the token in GRAPH_TOKEN."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from infra.scripts.console import Az, Failed

Call = Callable[[str, str, Any], Any]
"""Sends method, path and body to Graph and returns its answer as JSON; raises Failed."""

VARIABLE: Final = "GRAPH_TOKEN"
_TIMEOUT: Final = 30


def graph_at(host: str, environ: Mapping[str, str], az: Az) -> Call:
    """Return the calls of Graph at a host; the token is read once, at the first call."""
    found: list[str] = []

    def call(method: str, path: str, body: Any = None) -> Any:
        if not found:
            found.append(environ.get(VARIABLE) or _token(az))
        connection = http.client.HTTPSConnection(host, timeout=_TIMEOUT)
        headers = {"Authorization": f"Bearer {found[0]}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"/v1.0{path}", sent, headers)
            answer = connection.getresponse()
            text = answer.read()
        except OSError as error:
            raise Failed(f"{host} did not answer: {error}") from error
        finally:
            connection.close()
        return understood(f"{method} {path}", answer.status, text)

    return call


def understood(request: str, status: int, text: bytes) -> Any:
    """Return an answer as JSON, None where it is empty; raise Failed with Graph's own message."""
    try:
        found = json.loads(text or b"null")
    except ValueError:
        found = None
    if status < 300:
        return found
    error = found.get("error") if isinstance(found, dict) else None
    said = error.get("message", "") if isinstance(error, dict) else ""
    raise Failed(f"{request}: {status} {said}".rstrip())


def listed(call: Call, path: str) -> Iterator[Any]:
    """Yield each item of a collection, over all of its pages."""
    while path:
        page = call("GET", path, None)
        yield from page["value"]
        following = urlsplit(str(page.get("@odata.nextLink", "")))
        path = f"{following.path.removeprefix('/v1.0')}?{following.query}" if following.path else ""


def _token(az: Az) -> str:
    arguments = ["account", "get-access-token", "--resource-type", "ms-graph"]
    return az([*arguments, "--query", "accessToken", "--output", "tsv"]).strip()
