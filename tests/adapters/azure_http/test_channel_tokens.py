"""Tokens for channels: without a token a delivery is retried, not put on hold."""

import time
import traceback

import pytest
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import ClientAuthenticationError

from adapters.azure_http.channel_tokens import ChannelTokens
from adapters.azure_http.credential import SharedCredential
from drift.config.secret import Secret
from drift.errors import DeliveryFailed

SCOPE = "https://monitor.azure.com/.default"


class Source:
    """Hands out one token, or none."""

    def __init__(self, *, refuses: bool = False) -> None:
        self._refuses = refuses
        self.asked: list[str] = []
        self.closed = 0

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        self.asked += scopes
        if self._refuses:
            raise ClientAuthenticationError("the secret swordfish has expired")
        return AccessTokenInfo("swordfish", int(time.time()) + 3600)

    def close(self) -> None:
        self.closed += 1


def tokens(source: Source) -> ChannelTokens:
    return ChannelTokens(SharedCredential(lambda: source))


def test_a_token_is_fetched_once_and_does_not_print_itself() -> None:
    source = Source()
    channel_tokens = tokens(source)
    found = [channel_tokens.get(SCOPE), channel_tokens.get(SCOPE)]

    assert (found, source.asked) == ([Secret("swordfish")] * 2, [SCOPE])
    assert "swordfish" not in repr(found)


def test_an_identity_that_gets_none_fails_for_now_and_tells_no_secret() -> None:
    with pytest.raises(
        DeliveryFailed, match=r"^https://monitor.azure.com/.default: the id"
    ) as told:
        tokens(Source(refuses=True)).get(SCOPE)

    assert "swordfish" not in "".join(traceback.format_exception(told.value))


def test_closing_closes_the_connection_of_the_identity() -> None:
    source = Source()
    channel_tokens = tokens(source)
    channel_tokens.get(SCOPE)
    channel_tokens.close()

    assert source.closed == 1
