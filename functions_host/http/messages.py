"""An HTTP request with its whole body, and the response to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

PLAIN: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; names of headers are in lower case, ``path`` is without the query."""

    method: str
    url: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Sequence[tuple[str, str]] = ()


Handler = Callable[[Request], Response]


def text_response(status: HTTPStatus, text: str = "") -> Response:
    """Return a response with a plain text, or without a body."""
    return Response(status, text.encode(), [("Content-Type", PLAIN)] if text else ())
