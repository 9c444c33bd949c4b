"""A custom topic of Event Grid whose input schema is CloudEvents 1.0."""

import base64
import re
import secrets
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.channels.sink import Sink
from sandbox.http.endpoint import Clock
from sandbox.http.messages import Answer, Refused, Request, json_answer
from sandbox.identity.identity import Tokens

_AUDIENCES: Final = frozenset({"https://eventgrid.azure.net"})
_PATH: Final = "/api/events"
_VERSION: Final = "2018-01-01"
_MOST_BYTES: Final = 1024 * 1024
_BATCH: Final = "application/cloudevents-batch+json"
_ONE: Final = "application/cloudevents+json"
_ATTRIBUTE: Final = re.compile(r"[a-z0-9]{1,20}|data_base64")
_REQUIRED: Final = ("id", "source", "type")
_OPTIONAL: Final = ("subject", "dataschema", "datacontenttype", "time")


class Topic(Sink):
    """One topic with one key. ``granted``: an identity with a token has the role EventGrid Data Sender."""

    def __init__(self, clock: Clock, tokens: Tokens, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls=tls)
        self.key = _new_key()
        self.granted = True
        self._tokens = tokens

    @property
    def url(self) -> str:
        """Return the topic's endpoint."""
        return f"{self.base_url}{_PATH}"

    def rotate(self) -> str:
        """Give the topic a new key and return it; the old one gets a 401."""
        self.key = _new_key()
        return self.key

    def take(self, request: Request) -> Answer:
        """Answer one publication."""
        refused = self._refused(request)
        if refused is not None:
            return self.reject(request, refused.answer(), refused.code)
        for event in _events(request):
            self.accept(request, event)
        return Answer(status=200)

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal in Event Grid's form."""
        error = {"code": refused.code, "message": refused.message, "details": []}
        return json_answer(refused.status, {"error": error}, refused.headers)

    def _refused(self, request: Request) -> Refused | None:
        if request.path != _PATH or request.method != "POST":
            return Refused(404, "NotFound", "The endpoint is not that of a topic.")
        if request.query.get("api-version") != _VERSION:
            return Refused(400, "BadRequest", "The api-version is not supported.")
        if refused := self._unauthorised(request):
            return refused
        if len(request.body) > _MOST_BYTES:
            return Refused(413, "PayloadTooLarge", "The maximum size (1 MB) is exceeded.")
        problem = _problem(request)
        return Refused(400, "BadRequest", problem) if problem else None

    def _unauthorised(self, request: Request) -> Refused | None:
        """Return why the sender is refused: wrong key, wrong token, or missing role."""
        if "aeg-sas-key" in request.headers:
            fits = request.headers["aeg-sas-key"] == self.key
            message = "The request authorization key is not authorized."
            return None if fits else Refused(401, "Unauthorized", message)
        try:
            self._tokens.check(request, _AUDIENCES)
        except Refused as refused:
            return refused
        message = "The principal lacks the data action Microsoft.EventGrid/events/send/action."
        return None if self.granted else Refused(403, "Forbidden", message)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _events(request: Request) -> list[Any]:
    body = request.json()
    return body if isinstance(body, list) else [body]


def _problem(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_BATCH, _ONE):
        return f"the content type {kind!r} is none of CloudEvents"
    try:
        body = request.json()
    except ValueError:
        return "the body is not JSON"
    if isinstance(body, list) != (kind == _BATCH):
        return "the body is not what its content type says"
    return next((problem for problem in map(_event_problem, _events(request)) if problem), "")


def _event_problem(event: Any) -> str:
    """Say what is wrong with one event by the CloudEvents specification, "" if nothing is."""
    if not isinstance(event, Mapping) or event.get("specversion") != "1.0":
        return "an event is not a CloudEvent of version 1.0"
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            return f"{name} is missing or blank"
    for name in _OPTIONAL:
        if name in event and (not isinstance(event[name], str) or not event[name]):
            return f"{name} is blank or no text"
    if "time" in event and not _is_moment(event["time"]):
        return "time is no timestamp of RFC 3339"
    odd = [name for name in event if not _ATTRIBUTE.fullmatch(name)]
    return f"{odd[0]} is no name of an attribute" if odd else ""


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
