"""The one Azure identity of the process: its tokens are fetched once and shared by all threads."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

REFRESH_SECONDS: Final = 300
"""How long before a token's end a new one is fetched, unless Azure named a time (``refresh_on``)."""

FORGET_SECONDS: Final = 60
"""The minimum age of the last fetched token before a refusal causes a new fetch."""

_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 10


class NoToken(Exception):
    """The identity got no token: it was refused, is unknown here, or its endpoint did not answer.

    Not an AzureError, so that no SDK retries or rewords it. The SDK's own text is left out, since it
    may contain secrets.
    """


class TokenSource(Protocol):
    """The methods of an azure-identity credential that this module uses."""

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """Fetch a token."""

    def close(self) -> None:
        """Close the HTTP session."""


def azure_credential(
    client_id: str, environ: Mapping[str, str], *, clock: Callable[[], float] = time.time
) -> "SharedCredential":
    """Return the app's managed identity if there is one, else the user of ``az login``."""
    limits: dict[str, Any] = {
        "retry_total": 0,
        "connection_timeout": _CONNECT_SECONDS,
        "read_timeout": _READ_SECONDS,
    }

    def build() -> TokenSource:
        if environ.get("IDENTITY_ENDPOINT"):
            return ManagedIdentityCredential(client_id=client_id or None, **limits)
        return DefaultAzureCredential(managed_identity_client_id=client_id or None, **limits)

    return SharedCredential(build, clock=clock)


class SharedCredential:
    """A token cache in front of a credential; callers that wait for one fetch share its result or error."""

    def __init__(
        self,
        build: Callable[[], TokenSource],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._build = build
        self._clock = clock
        self._lock = threading.Lock()
        self._source: TokenSource | None = None
        self._tokens: dict[tuple[str, ...], AccessTokenInfo] = {}
        self._fetched_at = 0.0
        self._failures = 0

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """Return a token that is valid for some minutes; raise NoToken."""
        failures_seen = self._failures
        with self._lock:
            token = self._tokens.get(scopes)
            claims_challenged = bool(options and options.get("claims"))
            if token and not claims_challenged and not self._is_due(token):
                return token
            if self._failures != failures_seen:
                raise NoToken("the identity got no token")
            self._tokens[scopes] = self._fetched(scopes, options)
            return self._tokens[scopes]

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **_: object,
    ) -> AccessToken:
        """Return a token in the older form that some clients use."""
        options: TokenRequestOptions = {"enable_cae": enable_cae}
        if claims:
            options["claims"] = claims
        if tenant_id:
            options["tenant_id"] = tenant_id
        token = self.get_token_info(*scopes, options=options)
        return AccessToken(token.token, token.expires_on)

    def forget(self) -> None:
        """Drop the cached tokens after a service refused one; at most once per FORGET_SECONDS.

        The SDK's own cache would return the same token for up to a day, so it is dropped too.
        """
        with self._lock:
            if self._source and self._clock() - self._fetched_at >= FORGET_SECONDS:
                self._tokens.clear()
                self._source.close()
                self._source = None

    def close(self) -> None:
        """Close the credential's own HTTP session."""
        with self._lock:
            if self._source:
                self._source.close()

    def _is_due(self, token: AccessTokenInfo) -> bool:
        return self._clock() >= (token.refresh_on or token.expires_on - REFRESH_SECONDS)

    def _fetched(
        self, scopes: tuple[str, ...], options: TokenRequestOptions | None
    ) -> AccessTokenInfo:
        try:
            self._source = self._source or self._build()
            self._fetched_at = self._clock()
            return self._source.get_token_info(*scopes, options=options)
        except (AzureError, OSError) as error:  # OSError: the file of REQUESTS_CA_BUNDLE is gone
            self._failures += 1
            raise NoToken(f"the identity got no token ({type(error).__name__})") from None
