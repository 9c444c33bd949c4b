"""HTTP messages: a request, an answer, and a refusal."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came; header names in lower case, ``path`` without the query, decoded."""

    at: datetime
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    target: str = ""

    def json(self) -> Any:
        """Return the body as JSON; raise ValueError where it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def path_matches(match: str, path: str) -> bool:
    """Tell whether a path contains ``match``, or matches it as a pattern; case is ignored.

    An id followed by ``$`` means exactly that path, without children.
    """
    return match.lower() in path.lower() or re.search(match, path, re.IGNORECASE) is not None


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer whose body is JSON."""
    all_headers = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return Answer(status=status, body=json.dumps(body).encode(), headers=all_headers)


class Refused(Exception):
    """An error answer of Azure: a status, an error code and a message."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """Return the refusal in the form that ARM and Log Analytics give it."""
        body = {"error": {"code": self.code, "message": self.message or self.code}}
        return json_answer(self.status, body, self.headers)
