"""Tokens of the app's identity for channels; without a token the delivery fails and is retried."""

from adapters.azure_http.credential import NoToken, SharedCredential
from drift.config.secret import Secret
from drift.errors import DeliveryFailed


class ChannelTokens:
    """Gives channels the app's tokens.

    A missing token is retried like an outage, not put on hold like a rejection: a short failure must
    not delay deliveries by an hour. A lasting one opens MONITOR-BLIND, since ARM needs the same identity.
    """

    def __init__(self, credential: SharedCredential) -> None:
        self._credential = credential

    def get(self, scope: str) -> Secret:
        """Return a token for a scope; raise DeliveryFailed if there is none."""
        try:
            return Secret(self._credential.get_token_info(scope).token)
        except NoToken as error:
            reason = str(error)
        raise DeliveryFailed(f"{scope}: {reason}")

    def forget(self) -> None:
        """Drop the cached tokens after a service refused one; rate-limited."""
        self._credential.forget()

    def close(self) -> None:
        """Close the credential's own HTTP session."""
        self._credential.close()
