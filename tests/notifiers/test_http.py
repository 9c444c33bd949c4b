"""One POST: the meaning of its answers."""

import ssl
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.errors import DeliveryFailed, DeliveryRejected
from notifiers.http import LONGEST_WAIT, retry_after
from notifiers.sessions import Sessions
from tests.notifiers.sending import send
from tests.notifiers.wire import (
    Behaviour,
    Wire,
    answering,
    babbling,
    hanging_up,
)

NOW = datetime(2026, 11, 22, 3, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_accepted_message_is_told(sessions: Sessions, tls: ssl.SSLContext, status: int) -> None:
    with Wire(tls, answering(status, body=b"" if status == 204 else b"{}")) as wire:
        send(sessions, wire)

        [(head, body)] = wire.requests

    assert head.startswith("POST /hook?sig=swordfish HTTP/1.1")
    assert "Authorization: Splunk swordfish" in head
    assert body == b'{"a":1}'


def test_an_answer_of_any_size_is_read_no_further_than_it_matters(
    sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with Wire(tls, answering(200, body=b"x" * 20_000_000)) as wire:
        send(sessions, wire)
        send(sessions, wire)

        assert wire.connections == 2


@pytest.mark.parametrize("behave", [hanging_up, babbling])
def test_a_broken_connection_may_work_later(
    sessions: Sessions, tls: ssl.SSLContext, behave: Behaviour
) -> None:
    with Wire(tls, behave) as wire, pytest.raises(DeliveryFailed):
        send(sessions, wire)


def test_it_is_sent_once_whatever_goes_wrong(sessions: Sessions, tls: ssl.SSLContext) -> None:
    with Wire(tls, hanging_up) as wire, pytest.raises(DeliveryFailed):
        send(sessions, wire)

    assert len(wire.requests) == 1


def test_a_redirect_is_refused_and_not_followed(sessions: Sessions, tls: ssl.SSLContext) -> None:
    with (
        Wire(tls, answering(200)) as target,
        Wire(tls, answering(307, f"Location: https://{target.address}/\r\n")) as wire,
        pytest.raises(DeliveryRejected, match="HTTP 307"),
    ):
        send(sessions, wire)

    assert target.connections == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("9" * 400, LONGEST_WAIT),
        ("Sun, 22 Nov 2026 03:15:07 GMT", 60),
        ("Sun, 22 Nov 2026 04:15:07 +0100", 60),
        ("Sun, 22 Nov 2026 03:15:07 -0000", 60),
        ("Sun, 22 Nov 2020 03:15:07 GMT", 0),
        ("Sun, 22 Nov 2099 03:15:07 GMT", LONGEST_WAIT),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("٧", None),
        ("Sun, 99 Nov 99999999999999999999 03:15:07 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.text())
def test_retry_after_survives_any_text(value: str) -> None:
    wait = retry_after(value, NOW)

    assert wait is None or 0 <= wait <= LONGEST_WAIT
