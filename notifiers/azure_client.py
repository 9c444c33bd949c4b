"""Send a request that a client of Azure's SDKs has prepared and signed.

The client's hook hands over the request right before the client would send it, and
``notifiers.http.post`` sends it like every other message. So the same deadline, sessions, refusal of
redirects and log filters apply, and no retry inside a client sleeps for a Retry-After.
"""

from collections.abc import Callable
from typing import Any, Final

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.rest import HttpRequest

from drift.config.secret import Secret
from drift.errors import DeliveryRejected
from notifiers.http import SendBody

Hook = Callable[[PipelineRequest[Any]], None]
"""The type of ``raw_request_hook``, which a client calls with each request before it sends it."""

_FAR_AWAY: Final = 2**40
"""The expiry that the client sees: so far away that it never asks for another token."""


class Token:
    """A credential that always returns the token it was built with."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Return the same token for every scope."""
        return AccessToken(self._token.reveal(), _FAR_AWAY)


class _Taken(Exception):
    """Stops a client whose request has been sent."""


def sent(ask: Callable[[Hook], None], send: SendBody, *, channel: str) -> None:
    """Let a client prepare one request, and send it; raise DeliveryFailed or DeliveryRejected.

    If the client cannot prepare a request, it is rejected without the error's message, which may
    contain the address.
    """

    def take(prepared: PipelineRequest[Any]) -> None:
        request = prepared.http_request
        send(Secret(request.url), _body_of(request), request.headers)
        raise _Taken

    kind = "no request"
    try:
        ask(take)
    except _Taken:
        return
    except (AzureError, ValueError) as error:
        kind = type(error).__name__
    raise DeliveryRejected(f"{channel}: {kind}: the address or token is malformed")


def _body_of(request: Any) -> bytes:
    """Return the bytes of the body; one of the two kinds of requests holds text."""
    body = request.content if isinstance(request, HttpRequest) else request.body
    return body if isinstance(body, bytes) else str(body).encode()
