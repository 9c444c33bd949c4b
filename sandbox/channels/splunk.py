"""Splunk's HTTP Event Collector: checks token and envelope, and records truncated events."""

import json
import ssl
import uuid
from typing import Any, Final

from sandbox.channels.sink import Sink
from sandbox.http.endpoint import Clock
from sandbox.http.messages import Answer, Refused, Request, json_answer

_PATHS: Final = (
    "/services/collector/event",
    "/services/collector",
    "/services/collector/event/1.0",
)
_TRUNCATE: Final = 10_000
_FIELDS: Final = frozenset({"time", "host", "source", "sourcetype", "index", "event", "fields"})


class Splunk(Sink):
    """One collector with one token; ``truncated`` holds events longer than 10,000 bytes."""

    def __init__(self, clock: Clock, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls=tls)
        self.token = str(uuid.uuid4())
        self.enabled = True
        self.truncated: list[Any] = []

    @property
    def url(self) -> str:
        """Return the collector's full address."""
        return f"{self.base_url}/services/collector/event"

    @property
    def events(self) -> list[Any]:
        """Return the ``event`` of every accepted envelope."""
        return [envelope["event"] for envelope in self.bodies()]

    def rotate(self) -> str:
        """Give the collector a new token and return it; the old one gets a 403."""
        self.token = str(uuid.uuid4())
        return self.token

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal in Splunk's form."""
        code = {403: 4, 401: 3, 400: 6, 503: 9, 429: 9}.get(refused.status, 8)
        text = {4: "Invalid token", 9: "Server is busy"}.get(code, "Internal server error")
        return json_answer(refused.status, {"text": text, "code": code}, refused.headers)

    def take(self, request: Request) -> Answer:
        """Answer one post of one or more envelopes."""
        refused = self._refused(request)
        if refused:
            return self.reject(request, refused, json.loads(refused.body)["text"])
        envelopes = _envelopes(request.body.decode(errors="replace"))
        problem = _problem(envelopes)
        if problem:
            return self.reject(request, problem, json.loads(problem.body)["text"])
        for envelope in envelopes or []:
            self.accept(request, envelope)
            if len(json.dumps(envelope["event"], ensure_ascii=False).encode()) > _TRUNCATE:
                self.truncated.append(envelope["event"])
        return json_answer(200, {"text": "Success", "code": 0})

    def _refused(self, request: Request) -> Answer | None:
        if request.path.rstrip("/") not in _PATHS:
            text = "The requested URL was not found on this server."
            return json_answer(404, {"text": text, "code": 404})
        if request.method != "POST":
            return json_answer(405, {"text": "Method Not Allowed", "code": 405})
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if not kind:
            return json_answer(401, {"text": "Token is required", "code": 2})
        if kind != "Splunk" or not token:
            return json_answer(401, {"text": "Invalid authorization", "code": 3})
        if token.strip() != self.token:
            return json_answer(403, {"text": "Invalid token", "code": 4})
        return None if self.enabled else json_answer(403, {"text": "Token disabled", "code": 1})


def _envelopes(text: str) -> list[Any] | None:
    """Return the concatenated JSON objects, None if one is invalid."""
    decoder, found, text = json.JSONDecoder(), [], text.strip()
    while text:
        try:
            value, end = decoder.raw_decode(text)
        except ValueError:
            return None
        found.append(value)
        text = text[end:].lstrip()
    return found


def _problem(envelopes: list[Any] | None) -> Answer | None:
    if envelopes is None:
        return _bad("Invalid data format", 6, 0)
    if not envelopes:
        return json_answer(400, {"text": "No data", "code": 5})
    for number, envelope in enumerate(envelopes):
        if not isinstance(envelope, dict) or not set(envelope) <= _FIELDS:
            return _bad("Invalid data format", 6, number)
        if "event" not in envelope:
            return _bad("Event field is required", 12, number)
        if envelope["event"] in ("", None, {}):
            return _bad("Event field cannot be blank", 13, number)
    return None


def _bad(text: str, code: int, number: int) -> Answer:
    return json_answer(400, {"text": text, "code": code, "invalid-event-number": number})
