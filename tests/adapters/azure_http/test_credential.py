"""One identity for all threads: fetched once, renewed in time, errors without details."""

import threading
import time
from collections.abc import Callable

import pytest
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError

from adapters.azure_http.credential import (
    FORGET_SECONDS,
    REFRESH_SECONDS,
    NoToken,
    SharedCredential,
    azure_credential,
)

ARM = "https://management.azure.com/.default"
LOGS = "https://api.loganalytics.io/.default"


class Source:
    """Hands out numbered tokens, good for an hour, or fails."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.error: Exception | None = None
        self.refresh_after: int | None = None
        self.closed = 0
        self.gate = threading.Event()
        self.gate.set()

    def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        self.asked.extend(scopes)
        self.gate.wait(5)
        if self.error:
            raise self.error
        now = int(self.clock())
        refresh_on = now + self.refresh_after if self.refresh_after else None
        return AccessTokenInfo(f"token {len(self.asked)}", now + 3600, refresh_on=refresh_on)

    def close(self) -> None:
        self.closed += 1


class Bench:
    """A credential with its source and a clock to turn."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.source = Source(lambda: self.now)
        self.credential = SharedCredential(lambda: self.source, clock=lambda: self.now)

    def token(self, scope: str = ARM) -> str:
        return self.credential.get_token_info(scope).token


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_token_is_fetched_once_per_scope(bench: Bench) -> None:
    tokens = [bench.token(), bench.token(LOGS), bench.token(), bench.token(LOGS)]

    assert tokens == ["token 1", "token 2", "token 1", "token 2"]
    assert bench.source.asked == [ARM, LOGS]


def test_both_forms_of_a_token_are_the_same_token(bench: Bench) -> None:
    assert bench.credential.get_token(ARM).token == bench.token()


def test_a_token_is_renewed_before_it_ends(bench: Bench) -> None:
    bench.token()
    bench.now += 3600 - REFRESH_SECONDS

    assert bench.token() == "token 2"


def test_a_token_is_renewed_when_azure_says_so(bench: Bench) -> None:
    bench.source.refresh_after = 60
    bench.token()
    bench.now += 60

    assert bench.token() == "token 2"


def test_a_claims_challenge_is_never_met_from_the_cache(bench: Bench) -> None:
    bench.token()

    assert bench.credential.get_token(ARM, claims="{}").token == "token 2"


@pytest.mark.parametrize(
    "error",
    [
        ClientAuthenticationError("swordfish"),
        CredentialUnavailableError("swordfish"),
        ServiceRequestError("swordfish"),
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: swordfish"),
    ],
)
def test_a_failure_is_no_token_and_tells_no_details(bench: Bench, error: Exception) -> None:
    bench.source.error = error

    with pytest.raises(NoToken) as failed:
        bench.token()

    assert "swordfish" not in str(failed.value)
    assert failed.value.__suppress_context__


def test_a_failure_is_tried_again_by_the_next_who_asks(bench: Bench) -> None:
    bench.source.error = ServiceRequestError("down")
    with pytest.raises(NoToken):
        bench.token()
    bench.source.error = None

    assert bench.token() == "token 2"


def test_callers_that_waited_for_a_fetch_share_its_failure(bench: Bench) -> None:
    bench.source.error = ServiceRequestError("down")
    bench.source.gate.clear()
    failures: list[str] = []
    waiting = threading.Barrier(5)

    def ask() -> None:
        waiting.wait()
        try:
            bench.token()
        except NoToken as error:
            failures.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    waiting.wait()
    time.sleep(0.5)  # all of them reach the lock, which nothing tells
    bench.source.gate.set()
    for thread in threads:
        thread.join()

    assert len(failures) == 4
    assert len(bench.source.asked) < 4


def test_a_token_that_was_refused_is_forgotten_but_not_all_the_time(bench: Bench) -> None:
    bench.token()
    bench.credential.forget()
    assert bench.token() == "token 1"

    bench.now += FORGET_SECONDS
    bench.credential.forget()
    assert bench.token() == "token 2"
    assert bench.source.closed == 1


def test_nothing_is_built_before_a_token_is_asked_for() -> None:
    def build() -> Source:
        raise AssertionError("built")

    SharedCredential(build).close()
    azure_credential("", {"IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token"}).close()
