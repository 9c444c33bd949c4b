"""How a client of Azure's SDKs sends here: it prepares and signs a request, and we send that.

The request is taken from the client's hook, right before the client would send it, and leaves by
``notifiers.http.post`` as every message does. So the deadline, the sessions, the refusal of
redirects and the silence of logs hold for it too, and no retry of a client sleeps a Retry-After.
"""

from collections.abc import Callable
from typing import Any, Final

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.rest import HttpRequest

from drift.errors import DeliveryRejected
from drift.secret import Secret
from notifiers.http import Send

Hook = Callable[[PipelineRequest[Any]], None]
"""What a client takes as ``raw_request_hook``: it is shown each request before it is sent."""

_FAR_AWAY: Final = 2**40
"""When a token handed over ends, as far as the client knows: it must not look for another."""


class Token:
    """A credential that hands out the one token it was given."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Return the token, whatever the scope."""
        return AccessToken(self._token.reveal(), _FAR_AWAY)


class _Taken(Exception):
    """Stops a client whose request has been sent."""


def sent(ask: Callable[[Hook], None], send: Send, *, channel: str) -> None:
    """Have a client prepare one request, and send it; raise DeliveryFailed or DeliveryRejected.

    What it cannot even prepare is rejected, without its words: they may hold the address.
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
    """Return what is to be sent; there are two kinds of requests, and one keeps text."""
    body = request.content if isinstance(request, HttpRequest) else request.body
    return body if isinstance(body, bytes) else str(body).encode()
