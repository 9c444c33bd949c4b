"""Microsoft Graph: conditional access policies only."""

import ssl
from typing import Any, Final

from sandbox.http.endpoint import Clock, Endpoint
from sandbox.http.messages import Answer, Refused, Request, json_answer
from sandbox.identity.identity import Tokens

_AUDIENCES: Final = frozenset(
    {
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    }
)
_POLICIES: Final = "/v1.0/identity/conditionalaccess/policies"


class Graph(Endpoint):
    """Answers the list of conditional access policies; ``policies`` may be set."""

    def __init__(self, clock: Clock, tokens: Tokens, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls)
        self.policies: list[dict[str, Any]] = []
        self._tokens = tokens

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        self._tokens.check(request, _AUDIENCES | {self.base_url})
        if request.method != "GET" or request.path.lower().rstrip("/") != _POLICIES:
            raise Refused(404, "ResourceNotFound", "Resource not found for the segment.")
        return json_answer(200, {"value": self.policies})
