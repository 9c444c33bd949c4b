"""Refusals and failures: every reader of ARM reports status and code, and retries once if that may help."""

import json
import traceback

import pytest

from adapters.arm.answers import PAUSE_SECONDS
from adapters.azure_http.transport import MAX_BYTES
from drift.errors import UNANSWERED
from sandbox.http.messages import Answer, json_answer
from sandbox.world import Sandbox
from tests.adapters.readers.reader_kinds import Opened, ReaderKind, ReadersOf
from tests.support.azure_fakes import (
    TOKEN,
    raw_server,
    refusal_of,
    scripted,
)


@pytest.mark.parametrize("status", [401, 403, 409, 400, 410, 418])
def test_a_refusal_is_unavailable_with_status_and_code_and_not_tried_again(
    sandbox: Sandbox, reader: Opened, pauses: list[float], status: int, kind: ReaderKind
) -> None:
    sandbox.arm.refuse(status=status, code="AsTheTestAsked")

    error = refusal_of(lambda: reader.get(kind.document))

    assert (error.what, error.status, error.code) == (kind.document, status, "AsTheTestAsked")
    assert (sandbox.arm.count(), pauses) == (1, [])


@pytest.mark.parametrize("retry_after", [None, 17])
def test_a_429_is_raised_with_its_retry_after_and_never_retried(
    sandbox: Sandbox,
    reader: Opened,
    pauses: list[float],
    retry_after: float | None,
    kind: ReaderKind,
) -> None:
    sandbox.arm.refuse(status=429, retry_after=retry_after)

    error = refusal_of(lambda: reader.get(kind.document))

    assert (error.status, error.retry_after) == (429, retry_after)
    assert (sandbox.arm.count(), pauses) == (1, [])


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_tried_once_more_after_a_pause(
    sandbox: Sandbox, reader: Opened, pauses: list[float], status: int, kind: ReaderKind
) -> None:
    sandbox.arm.refuse(status=status, times=1)

    assert reader.get(kind.document).body is not None
    assert (sandbox.arm.count(), pauses) == (2, [PAUSE_SECONDS])


def test_a_server_error_that_stays_is_unavailable(
    sandbox: Sandbox, reader: Opened, pauses: list[float], kind: ReaderKind
) -> None:
    sandbox.arm.refuse(status=503)

    error = refusal_of(lambda: reader.get(kind.document))

    assert (error.status, error.code) == (503, "ServiceUnavailable")
    assert (sandbox.arm.count(), pauses) == (2, [PAUSE_SECONDS])


def test_a_server_error_with_a_long_retry_after_is_not_retried(
    sandbox: Sandbox, reader: Opened, pauses: list[float], kind: ReaderKind
) -> None:
    sandbox.arm.refuse(status=503, retry_after=30)

    error = refusal_of(lambda: reader.get(kind.document))

    assert (error.status, error.retry_after) == (503, 30)
    assert (sandbox.arm.count(), pauses) == (1, [])


@pytest.mark.parametrize("size", [1, 100_000], ids=["plain", "packed"])
@pytest.mark.parametrize("harm", ["reset", "cut", "garble"])
def test_a_lost_answer_is_asked_for_once_more(
    sandbox: Sandbox, reader: Opened, pauses: list[float], harm: str, size: int, kind: ReaderKind
) -> None:
    sandbox.place({"id": kind.document, "properties": {"x": "y" * size}})
    getattr(sandbox.arm, harm)()

    assert reader.get(kind.document).body is not None
    assert (sandbox.arm.count(), pauses) == (2, [PAUSE_SECONDS])


@pytest.mark.parametrize(
    ("harm", "status", "code"),
    [
        ("reset", UNANSWERED, "ConnectionLost"),
        ("cut", UNANSWERED, "AnswerCutOff"),
        ("garble", 200, "AnswerCutOff"),
    ],
)
def test_an_answer_lost_twice_is_unavailable(
    sandbox: Sandbox, reader: Opened, harm: str, status: int, code: str, kind: ReaderKind
) -> None:
    getattr(sandbox.arm, harm)(times=2)

    error = refusal_of(lambda: reader.get(kind.document))

    assert (error.status, error.code) == (status, code)
    assert sandbox.arm.count() == 2


def test_a_time_out_is_unavailable_and_not_waited_for_again(
    sandbox: Sandbox, reader_of: ReadersOf, pauses: list[float], kind: ReaderKind
) -> None:
    sandbox.arm.stall(seconds=20)

    error = refusal_of(lambda: reader_of(sandbox.arm.base_url, read_seconds=0.3).get(kind.document))

    assert (error.status, error.code, pauses) == (UNANSWERED, "TimedOut", [])


@pytest.mark.parametrize("drip", [b"", b" "], ids=["nothing more", "a byte now and then"])
def test_a_body_that_does_not_end_in_time_is_a_time_out(
    sandbox: Sandbox, reader_of: ReadersOf, pauses: list[float], drip: bytes, kind: ReaderKind
) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{"
    with raw_server(sandbox, half, hangs_up=False, drip=drip) as address:
        error = refusal_of(lambda: reader_of(address, read_seconds=0.3).get(kind.document))

    assert (error.status, error.code, pauses) == (UNANSWERED, "TimedOut", [])


def test_a_body_without_an_end_is_not_kept_in_memory(
    sandbox: Sandbox, reader_of: ReadersOf, pauses: list[float], kind: ReaderKind
) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    with raw_server(sandbox, head, drip=b" " * (MAX_BYTES // 4)) as address:
        error = refusal_of(lambda: reader_of(address).get(kind.document))

    assert (error.status, error.code, pauses) == (UNANSWERED, "AnswerTooLong", [])


def test_a_closed_port_is_unavailable(
    sandbox: Sandbox, reader_of: ReadersOf, pauses: list[float], kind: ReaderKind
) -> None:
    with scripted(sandbox, lambda _: Answer(status=200)) as server:
        address = server.base_url

    error = refusal_of(lambda: reader_of(address).get(kind.document))

    assert (error.status, error.code, pauses) == (UNANSWERED, "ConnectionLost", [PAUSE_SECONDS])


def test_certificate_authorities_that_have_gone_are_no_answer(
    reader_of: ReadersOf, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: ReaderKind
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{sandbox.ca_bundle}.swordfish")

    error = refusal_of(lambda: reader_of(sandbox.arm.base_url).get(kind.document))

    assert (error.status, error.code) == (UNANSWERED, "ConnectionLost")
    assert "swordfish" not in str(error)


@pytest.mark.parametrize(
    "head",
    ["", "Date: soon\r\n"],
    ids=["no Date", "a Date that makes no sense"],
)
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_an_answer_without_azures_clock_proves_nothing(
    sandbox: Sandbox, reader_of: ReadersOf, head: str, status: str, kind: ReaderKind
) -> None:
    answer = f"HTTP/1.1 {status}\r\n{head}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    with raw_server(sandbox, answer.encode()) as address:
        error = refusal_of(lambda: reader_of(address).get(kind.document))

    assert error.code == "NotAnAnswerOfArm"


def test_a_redirect_is_refused(sandbox: Sandbox, reader_of: ReadersOf, kind: ReaderKind) -> None:
    with scripted(sandbox, lambda _: json_answer(200, {})) as thief:
        away = Answer(status=307, headers={"Location": f"{thief.base_url}/x"})
        with scripted(sandbox, lambda _: away) as arm:
            error = refusal_of(lambda: reader_of(arm.base_url).get(kind.document))

        assert error.status == 307
        assert not thief.requests


def test_no_error_carries_a_token_a_body_or_a_query(
    sandbox: Sandbox, reader_of: ReadersOf, kind: ReaderKind
) -> None:
    secret = json.dumps({"error": {"code": "Bad", "message": "swordfish-body"}}).encode()
    refusals = iter([400, 403, 429, 501, 501])
    with scripted(sandbox, lambda _: Answer(status=next(refusals), body=secret)) as server:
        reader = reader_of(server.base_url)
        seen = [refusal_of(lambda: reader.get(kind.document)) for _ in range(4)]
    broken = b"HTTP/1.1 200 swordfish\r\nContent-Length: 99\r\n\r\nswordfish"
    with raw_server(sandbox, broken) as address:
        seen.append(refusal_of(lambda: reader_of(address).get(kind.document)))

    told = "".join("".join(traceback.format_exception(each)) for each in seen)
    assert "swordfish" not in told
    assert "api-version" not in told
    assert TOKEN not in told
