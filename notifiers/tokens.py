"""Tokens of the app's identity for a channel, and a second try with a fresh one after a 401."""

from collections.abc import Callable
from typing import Final, Protocol

from drift.config.secret import Secret
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.lazy import Lazy
from notifiers.deadline import CallDeadline, in_time
from notifiers.http import DEADLINE_SECONDS

Attempt = Callable[[Secret, CallDeadline], None]
"""Sends with a token, under a deadline; raises DeliveryFailed or DeliveryRejected."""

_UNAUTHORISED: Final = 401


class Tokens(Protocol):
    """The tokens of the app's identity for a channel."""

    def get(self, scope: str) -> Secret:
        """Return a token; raise DeliveryFailed if the identity gets none."""

    def forget(self) -> None:
        """Drop the cached token, because a service refused it."""

    def close(self) -> None:
        """Close the connections to the identity's endpoint."""


class LazyTokens:
    """Implement ``Tokens`` with an object built on first use, so that no SDK is imported before."""

    def __init__(self, build: Callable[[], Tokens]) -> None:
        self._tokens = Lazy(build)

    def get(self, scope: str) -> Secret:
        """Return a token; raise DeliveryFailed if the identity gets none."""
        return self._tokens.get().get(scope)

    def forget(self) -> None:
        """Drop the cached token, because a service refused it."""
        self._tokens.if_built(lambda tokens: tokens.forget())

    def close(self) -> None:
        """Close the connections to the identity's endpoint."""
        self._tokens.close(lambda tokens: tokens.close())


class Bearer:
    """Send a message with a token for one scope; getting the token counts towards the deadline."""

    def __init__(
        self, tokens: Tokens, scope: str, channel: str, *, seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._tokens = tokens
        self._scope = scope
        self._channel = channel
        self._seconds = seconds

    def send(self, attempt: Attempt) -> None:
        """Send with a token, and once more with a fresh one after a 401.

        A message that is answered 401 was not accepted. Raises DeliveryFailed or DeliveryRejected.
        """
        deadline = CallDeadline(self._seconds)
        token = self._asked(self._token, deadline)
        try:
            attempt(token, deadline)
        except DeliveryRejected as error:
            if error.status != _UNAUTHORISED:
                raise
            refused = error
        else:
            return
        fresh = self._asked(self._fresh_token, deadline)
        if fresh == token:
            raise refused
        attempt(fresh, deadline)

    def _token(self) -> Secret:
        return self._tokens.get(self._scope)

    def _fresh_token(self) -> Secret:
        self._tokens.forget()
        return self._token()

    def _asked(self, ask: Callable[[], Secret], deadline: CallDeadline) -> Secret:
        try:
            return in_time(ask, deadline, raises=DeliveryFailed)
        except TimeoutError:
            reason = f"{self._channel}: the identity gave no token within {self._seconds:g} s"
        raise DeliveryFailed(reason)
