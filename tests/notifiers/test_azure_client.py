"""Azure's SDK clients prepare and sign a message; it is sent once, like every other."""

from collections.abc import Mapping
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.pipeline.policies import CustomHookPolicy, RetryPolicy
from azure.core.pipeline.transport import HttpRequest as OlderRequest
from azure.core.rest import HttpRequest

from drift.config.secret import Secret
from drift.errors import DeliveryFailed, DeliveryRejected
from notifiers.azure_client import Hook, Token, sent

URL = "https://far.example/swordfish"

Sent = list[tuple[str, bytes, str]]


def prepare(request: Any) -> Any:
    """Return what shows a request to the hook of a client."""

    def ask(hook: Hook) -> None:
        hook(PipelineRequest(request, PipelineContext(None)))
        raise AssertionError

    return ask


def sending(*found: Any) -> Any:
    """Return what notes each message, or raises."""
    messages: Sent = []

    def send(url: Secret, body: bytes, headers: Mapping[str, str]) -> None:
        messages.append((url.reveal(), body, headers["a"]))
        for each in found:
            raise each

    send.messages = messages  # type: ignore[attr-defined]
    return send


@pytest.mark.parametrize(
    "request_",
    [
        HttpRequest("POST", URL, headers={"a": "b"}, content=b"body"),
        OlderRequest("POST", URL, headers={"a": "b"}, data="body"),
    ],
    ids=["newer", "older"],
)
def test_a_request_is_sent_as_it_was_prepared(request_: Any) -> None:
    send = sending()
    sent(prepare(request_), send, channel="test")

    assert send.messages == [(URL, b"body", "b")]


@pytest.mark.parametrize("refusal", [DeliveryFailed("busy"), DeliveryRejected("gone")])
def test_a_refusal_comes_through_a_real_client_at_once(refusal: Exception) -> None:
    send = sending(refusal)
    client: PipelineClient[Any, Any] = PipelineClient(
        "https://far.example", policies=[RetryPolicy(), CustomHookPolicy()]
    )

    def ask(hook: Hook) -> None:
        request = HttpRequest("POST", URL, headers={"a": "b"}, content=b"")
        client.send_request(request, raw_request_hook=hook)

    with pytest.raises(type(refusal), match=str(refusal)):
        sent(ask, send, channel="test")

    assert len(send.messages) == 1


@pytest.mark.parametrize("error", [ServiceRequestError(URL), ValueError(URL)])
def test_what_cannot_be_prepared_is_rejected_without_the_clients_words(error: Exception) -> None:
    def ask(hook: Hook) -> None:
        raise error

    with pytest.raises(DeliveryRejected, match=f"^test: {type(error).__name__}: the ad") as caught:
        sent(ask, sending(), channel="test")

    assert caught.value.__context__ is None


def test_a_client_that_sends_no_request_is_a_failed_delivery() -> None:
    with pytest.raises(DeliveryRejected, match="no request"):
        sent(lambda hook: None, sending(), channel="test")


def test_a_token_is_handed_over_whatever_it_is_asked_for() -> None:
    token = Token(Secret("swordfish"))

    assert token.get_token("https://a/.default", tenant_id="t").token == "swordfish"
    assert "swordfish" not in repr(token)
