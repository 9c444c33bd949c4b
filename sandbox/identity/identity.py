"""Tokens: the managed identity endpoint of App Service, and the register of issued tokens."""

import base64
import json
import secrets
import threading
from dataclasses import dataclass
from typing import Final

from sandbox.core.people import TENANT, Actor
from sandbox.http.endpoint import Clock, Endpoint
from sandbox.http.messages import Answer, Refused, Request, json_answer

_API_VERSIONS: Final = frozenset({"2019-08-01", "2017-09-01"})


@dataclass(frozen=True, slots=True)
class Grant:
    """The content of a token; ``issued`` and ``expires`` in seconds since 1970."""

    actor: Actor
    audience: str
    issued: int
    expires: int


class Tokens:
    """Issues tokens and recognises them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def issue(self, actor: Actor, audience: str, *, lifetime: float = 86_400) -> tuple[str, Grant]:
        """Return a new token for an audience such as ``https://management.azure.com``."""
        now = int(self._clock().timestamp())
        grant = Grant(actor, audience.rstrip("/"), now, int(now + lifetime))
        token = _jwt(grant)
        with self._lock:
            self._grants[token] = grant
        return token, grant

    def whose(self, authorization: str) -> Grant | None:
        """Return the grant of a header ``Bearer TOKEN``, None if the token is not registered."""
        kind, _, token = authorization.partition(" ")
        with self._lock:
            return self._grants.get(token.strip()) if kind.lower() == "bearer" else None

    def revoke(self) -> None:
        """Revoke every token."""
        with self._lock:
            self._grants.clear()

    def check(self, request: Request, audiences: frozenset[str]) -> Actor:
        """Return the sender of a request; refuse it as ARM does if the token is invalid."""
        authorization = request.headers.get("authorization", "")
        if not authorization:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise Refused(401, "AuthenticationFailed", message, headers=_challenge(message))
        grant = self.whose(authorization)
        if grant is None:
            raise _bad_token("InvalidAuthenticationToken", "The access token is invalid.")
        if grant.audience.lower() not in audiences:
            allowed = ",".join(f"'{each}'" for each in sorted(audiences))
            raise _bad_token(
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource "
                f"'{grant.audience}'. It should exactly match with one of the allowed audiences "
                f"{allowed}.",
            )
        if grant.expires <= self._clock().timestamp():
            raise _bad_token("ExpiredAuthenticationToken", "The access token expiry has passed.")
        return grant.actor


class ManagedIdentity(Endpoint):
    """``IDENTITY_ENDPOINT``: gives tokens to callers that send ``IDENTITY_HEADER``."""

    def __init__(self, clock: Clock, tokens: Tokens, actor: Actor) -> None:
        super().__init__(clock)
        self.actor = actor
        self.header = secrets.token_hex(16).upper()
        self.lifetime = 86_400.0
        self._tokens = tokens

    @property
    def url(self) -> str:
        """Return the value of ``IDENTITY_ENDPOINT``."""
        return f"{self.base_url}/msi/token"

    def answer(self, request: Request) -> Answer:
        """Answer ``GET /msi/token?resource=…&api-version=2019-08-01``."""
        if request.headers.get("x-identity-header") != self.header:
            return _refusal(401, "The request is not authorized: X-IDENTITY-HEADER does not match.")
        if request.method != "GET" or request.path != "/msi/token":
            return _refusal(404, "No such resource.")
        if request.query.get("api-version") not in _API_VERSIONS:
            return _refusal(400, "The api-version is missing or not supported.")
        resource = request.query.get("resource", "")
        if not resource.startswith("https://"):
            return _refusal(400, "The resource is missing or not an absolute https URI.")
        client = request.query.get("client_id") or request.query.get("principal_id")
        if client and client not in (self.actor.app_id, self.actor.object_id):
            return _refusal(400, "No User Assigned or Delegated Managed Identity found.")
        token, grant = self._tokens.issue(self.actor, resource, lifetime=self.lifetime)
        grant_body = {
            "access_token": token,
            "client_id": self.actor.app_id,
            "expires_on": str(grant.expires),
            "resource": resource,
            "token_type": "Bearer",
        }
        return json_answer(200, grant_body)


def _refusal(status: int, message: str) -> Answer:
    return json_answer(status, {"statusCode": status, "message": message})


def _bad_token(code: str, message: str) -> Refused:
    return Refused(401, code, message, headers=_challenge(message))


def _challenge(message: str) -> dict[str, str]:
    quoted = message.replace('"', "'")
    return {
        "WWW-Authenticate": f'Bearer authorization_uri="https://login.windows.net/{TENANT}", '
        f'error="invalid_token", error_description="{quoted}"'
    }


def _jwt(grant: Grant) -> str:
    """Return a token in the form of a JWT; its signature is random, the register decides."""
    claims = {
        "aud": grant.audience,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": grant.issued,
        "nbf": grant.issued,
        "exp": grant.expires,
        "oid": grant.actor.object_id,
        "appid": grant.actor.app_id,
        "tid": TENANT,
    }
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(part.rstrip("=") for part in encoded), secrets.token_urlsafe(32)])
