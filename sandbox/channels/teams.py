"""A Teams Workflows webhook: accepts Adaptive Cards up to 28 KB, which does not prove that one was posted."""

import secrets
import ssl
from typing import Any, Final

from sandbox.channels.sink import Sink
from sandbox.http.endpoint import Clock
from sandbox.http.messages import Answer, Refused, Request

_MOST_BYTES: Final = 28 * 1024
_CARD: Final = "application/vnd.microsoft.card.adaptive"
_TRIGGER: Final = "/triggers/manual/paths/invoke"


class Teams(Sink):
    """One flow. ``delete`` it, ``rotate`` its signature, or ``restore`` it."""

    def __init__(self, clock: Clock, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls=tls)
        self._workflow = secrets.token_hex(16)
        self._signature = secrets.token_urlsafe(32)
        self._deleted = False

    @property
    def url(self) -> str:
        """Return the webhook's address; its ``sig`` is a secret."""
        query = "api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0"
        return f"{self.base_url}/workflows/{self._workflow}{_TRIGGER}?{query}&sig={self._signature}"

    @property
    def cards(self) -> list[dict[str, Any]]:
        """Return the cards of all accepted messages."""
        return [body["attachments"][0]["content"] for body in self.bodies()]

    def delete(self) -> None:
        """Delete the flow: every post gets a 404."""
        self._deleted = True

    def restore(self) -> None:
        """Restore the deleted flow."""
        self._deleted = False

    def rotate(self) -> str:
        """Give the flow a new signature and return its new address; the old one gets a 401."""
        self._signature = secrets.token_urlsafe(32)
        return self.url

    def take(self, request: Request) -> Answer:
        """Answer one post."""
        refused = self._refused(request)
        if refused is not None:
            return self.reject(request, refused.answer(), refused.code)
        self.accept(request, request.json())
        return Answer(status=202)

    def _refused(self, request: Request) -> Refused | None:
        if self._deleted or request.path != f"/workflows/{self._workflow}{_TRIGGER}":
            message = f"The workflow '{self._workflow}' could not be found."
            return Refused(404, "WorkflowNotFound", message)
        if request.query.get("sig") != self._signature:
            message = "The authentication credentials are not valid."
            return Refused(401, "DirectApiInvalidAuthorizationScheme", message)
        if request.method != "POST":
            return Refused(405, "MethodNotAllowed", "Use POST.")
        if len(request.body) > _MOST_BYTES:
            return Refused(413, "RequestEntityTooLarge", "The message is larger than 28 KB.")
        problem = _problem(request)
        return Refused(400, "InvalidRequestContent", problem) if problem else None


def _problem(request: Request) -> str:
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        return "the content type is not JSON, so the flow sees no message"
    try:
        body = request.json()
    except ValueError:
        return "the body is not JSON"
    if not isinstance(body, dict) or body.get("type") != "message":
        return "the body is not a message"
    attachments = body.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        return "the message has no attachments"
    return next((problem for problem in map(_card_problem, attachments) if problem), "")


def _card_problem(attachment: Any) -> str:
    if not isinstance(attachment, dict) or attachment.get("contentType") != _CARD:
        return "an attachment is not an adaptive card"
    card = attachment.get("content")
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return "the attachment's content is not an AdaptiveCard"
    version = str(card.get("version", ""))
    if version not in ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5"):
        return f"Teams does not render cards of version {version!r}"
    return "" if isinstance(card.get("body"), list) and card["body"] else "the card has no body"
