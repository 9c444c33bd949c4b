"""A message is sent with a token, and once more with a fresh token if the first was refused."""

import threading

import pytest

from drift.config.secret import Secret
from drift.errors import DeliveryFailed, DeliveryRejected
from notifiers.deadline import CallDeadline
from notifiers.tokens import Bearer, LazyTokens
from tests.notifiers.identity import Identity

SCOPE = "https://monitor.azure.com/.default"


class Service:
    """Takes messages with its own token and refuses all others with a status."""

    def __init__(self, token: str, status: int = 401) -> None:
        self._token = token
        self._status = status
        self.tried: list[str] = []
        self.deadlines: list[CallDeadline] = []

    def attempt(self, token: Secret, deadline: CallDeadline) -> None:
        self.tried.append(token.reveal())
        self.deadlines.append(deadline)
        if token.reveal() != self._token:
            raise DeliveryRejected(f"test: HTTP {self._status}", status=self._status)


def test_a_message_is_sent_with_a_token_for_its_scope() -> None:
    identity, service = Identity("one"), Service("one")
    Bearer(identity, SCOPE, "test").send(service.attempt)

    assert (identity.scopes, service.tried) == ([SCOPE], ["one"])


def test_a_token_that_was_replaced_is_forgotten_and_the_fresh_one_is_tried_once() -> None:
    identity, service = Identity("old", "new"), Service("new")
    Bearer(identity, SCOPE, "test").send(service.attempt)

    assert (service.tried, identity.forgotten) == (["old", "new"], 1)


def test_both_tries_share_one_deadline() -> None:
    service = Service("new")
    Bearer(Identity("old", "new"), SCOPE, "test").send(service.attempt)

    first, second = service.deadlines
    assert first is second


@pytest.mark.parametrize(
    ("tokens", "tried"), [(("one",), ["one"]), (("one", "two", "three"), ["one", "two"])]
)
def test_a_service_that_refuses_every_token_is_not_asked_again_and_again(
    tokens: tuple[str, ...], tried: list[str]
) -> None:
    service = Service("another")
    with pytest.raises(DeliveryRejected, match="HTTP 401"):
        Bearer(Identity(*tokens), SCOPE, "test").send(service.attempt)

    assert service.tried == tried


def test_a_missing_role_is_no_matter_of_the_token() -> None:
    identity, service = Identity("one", "two"), Service("two", status=403)
    with pytest.raises(DeliveryRejected, match="HTTP 403"):
        Bearer(identity, SCOPE, "test").send(service.attempt)

    assert (service.tried, identity.forgotten) == (["one"], 0)


def test_without_a_token_nothing_is_sent() -> None:
    service = Service("one")
    with pytest.raises(DeliveryFailed, match="the identity got no token"):
        Bearer(Identity(), SCOPE, "test").send(service.attempt)

    assert service.tried == []


def test_an_identity_that_does_not_answer_takes_no_longer_than_the_deadline() -> None:
    answered = threading.Event()

    class Silent(Identity):
        def get(self, scope: str) -> Secret:
            answered.wait()
            return super().get(scope)

    service = Service("one")
    with pytest.raises(DeliveryFailed, match=r"test: the identity gave no token within 0\.2 s"):
        Bearer(Silent("one"), SCOPE, "test", seconds=0.2).send(service.attempt)
    answered.set()

    assert service.tried == []


def test_tokens_are_built_with_the_first_question_and_once() -> None:
    built: list[Identity] = []

    def build() -> Identity:
        built.append(Identity("one"))
        return built[-1]

    unused, tokens = LazyTokens(build), LazyTokens(build)
    unused.forget()
    unused.close()

    assert built == []

    told = [tokens.get(SCOPE), tokens.get(SCOPE)]
    tokens.forget()
    tokens.close()

    assert (told, len(built)) == ([Secret("one")] * 2, 1)
    assert (built[0].forgotten, built[0].is_closed) == (1, True)
