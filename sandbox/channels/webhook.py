"""A receiver of signed webhooks: accepts only messages that Standard Webhooks verifies."""

import base64
import hashlib
import hmac
import secrets
import ssl
from typing import Final

from sandbox.channels.sink import Sink, is_heartbeat
from sandbox.http.endpoint import Clock
from sandbox.http.messages import Answer, Refused, Request, json_answer

_TOLERANCE: Final = 300
"""Seconds that a timestamp may differ from the receiver's clock, as in the reference libraries."""
_PREFIX: Final = "whsec_"


class Webhook(Sink):
    """One receiver with one secret; ``ids`` has the ``webhook-id`` of each accepted message."""

    def __init__(self, clock: Clock, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls=tls)
        self.secret = _new_secret()
        self.ids: list[str] = []
        self._path = f"/hooks/{secrets.token_urlsafe(16)}"

    @property
    def url(self) -> str:
        """Return the receiver's address; its last segment is a secret."""
        return f"{self.base_url}{self._path}"

    def rotate(self) -> str:
        """Give the receiver a new secret and return it; a message signed with the old one gets a 401."""
        self.secret = _new_secret()
        return self.secret

    def take(self, request: Request) -> Answer:
        """Answer one message."""
        refused = self._refused(request)
        if refused is not None:
            return self.reject(request, refused.answer(), refused.code)
        if not is_heartbeat(request.json()):
            self.ids.append(request.headers["webhook-id"])
        self.accept(request, request.json())
        return json_answer(200, {})

    def _refused(self, request: Request) -> Refused | None:
        if request.path != self._path or request.method != "POST":
            return Refused(404, "NotFound", "There is nothing here.")
        problem = self._problem(request)
        if problem:
            return Refused(401, "InvalidSignature", problem)
        try:
            request.json()
        except ValueError:
            return Refused(400, "BadRequest", "The body is not JSON.")
        return None

    def _problem(self, request: Request) -> str:
        """Return why a message fails verification, "" if it passes."""
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        uid, sent_at, signatures = (request.headers.get(name, "") for name in names)
        if not (uid and sent_at and signatures):
            return "a header is missing"
        if not sent_at.isdigit():
            return "the timestamp is no number of seconds"
        if abs(request.at.timestamp() - int(sent_at)) > _TOLERANCE:
            return "the timestamp is too old, or of the future"
        signed = f"{uid}.{sent_at}.".encode() + request.body
        right = f"v1,{self._signature(signed)}".encode()
        found = (each.encode() for each in signatures.split(" "))
        return "" if any(hmac.compare_digest(each, right) for each in found) else "none fits"

    def _signature(self, signed: bytes) -> str:
        key = base64.b64decode(self.secret.removeprefix(_PREFIX))
        return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
