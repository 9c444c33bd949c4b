"""Tokens of the app's identity for channels; without one a message fails for now, as channels put it."""

from adapters.azure_http.credential import NoToken, SharedCredential
from drift.config.secret import Secret
from drift.errors import DeliveryFailed


class ChannelTokens:
    """Hands channels the app's tokens.

    An identity that gets none is tried again as any outage is, not held as a refusal: a moment's
    trouble must not cost an hour. That it lasts is said as MONITOR-BLIND, since it reads ARM too.
    """

    def __init__(self, credential: SharedCredential) -> None:
        self._credential = credential

    def get(self, scope: str) -> Secret:
        """Return a token for a scope; raise DeliveryFailed where there is none."""
        try:
            return Secret(self._credential.get_token_info(scope).token)
        except NoToken as error:
            reason = str(error)
        raise DeliveryFailed(f"{scope}: {reason}")

    def forget(self) -> None:
        """Drop what is cached, since a service refused it; at most once in a while."""
        self._credential.forget()

    def close(self) -> None:
        """Close the credential's own HTTP session."""
        self._credential.close()
