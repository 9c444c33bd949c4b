"""Rules for every channel: which answers are retried, and that no secret is reported."""

import logging
import socket
import ssl
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import notifiers
from drift.errors import DeliveryFailed, DeliveryRejected, DriftError
from drift.ports import Audience, Channel
from notifiers.sessions import Sessions
from tests.notifiers.channels import CHANNELS, SECRET, Build
from tests.notifiers.notices import OPENED, RESOLVED
from tests.notifiers.wire import Behaviour, Wire, answering, babbling, hanging_up

LOGGERS = (
    *("", "urllib3", "urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"),
    *("azure", "azure.core.pipeline.policies.http_logging_policy", "azure.monitor.ingestion"),
    *("azure.core.pipeline.policies._universal", "azure.eventgrid", "azure.identity"),
)

PROOFS = {"pagerduty": b'{"status": "success"}', "splunk": b'{"text": "Success", "code": 0}'}
"""What a channel must answer, where a status alone is not enough."""

every_channel = pytest.mark.parametrize("build", CHANNELS.values(), ids=CHANNELS)


def send(build: Build, wire: Wire, sessions: Sessions) -> None:
    build(f"https://{wire.address}", SECRET, sessions).send(OPENED, opening=True)


def test_every_package_of_a_channel_is_here() -> None:
    root = Path(notifiers.__path__[0])

    assert {each.parent.name for each in root.glob("*/notifier.py")} == {*map(package, CHANNELS)}


def package(channel: str) -> str:
    """Return the package of a channel, however it signs in."""
    return channel.partition(" ")[0]


@pytest.mark.parametrize(
    ("name", "status"),
    [(name, status) for name in CHANNELS for status in (200, 201, 202)]
    + [(name, 204) for name in CHANNELS if name not in PROOFS],
)
def test_success_is_silent(name: str, status: int, sessions: Sessions, tls: ssl.SSLContext) -> None:
    with Wire(tls, answering(status, body=PROOFS.get(name, b""))) as wire:
        send(CHANNELS[name], wire, sessions)

    assert len(wire.requests) == 1


@every_channel
@pytest.mark.parametrize(
    ("header", "body"),
    [("Content-Type: text/html\r\n", b"Sign in"), ("", b" <!DOCTYPE html><p>Sign in</p>")],
)
def test_a_page_for_people_is_a_refusal_whatever_its_status(
    build: Build, header: str, body: bytes, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with (
        Wire(tls, answering(200, header, body)) as wire,
        pytest.raises(DeliveryRejected, match="HTTP 200 with an HTML page") as caught,
    ):
        send(build, wire, sessions)

    assert "check the address and the proxy" in caught.value.remedy


@pytest.mark.parametrize("name", PROOFS)
@pytest.mark.parametrize(
    "body", [b"", b"OK", b"{}", b"[]", b'{"status": "error"}', b'{"code": false}', b'{"code": 9}']
)
def test_an_answer_that_does_not_confirm_the_message_is_a_refusal(
    name: str, body: bytes, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with (
        Wire(tls, answering(200, body=body)) as wire,
        pytest.raises(DeliveryRejected, match="does not confirm the message"),
    ):
        send(CHANNELS[name], wire, sessions)


@pytest.mark.parametrize("name", PROOFS)
def test_a_confirmation_that_is_cut_off_is_sent_again(
    name: str, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    def cut_off(wire: Wire, connection: socket.socket) -> None:
        wire.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{")

    with Wire(tls, cut_off) as wire, pytest.raises(DeliveryFailed, match="cut off"):
        send(CHANNELS[name], wire, sessions)


@every_channel
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_failed(
    build: Build, status: int, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with (
        Wire(tls, answering(status, "Retry-After: 17\r\n")) as wire,
        pytest.raises(DeliveryFailed, match=f"HTTP {status}") as caught,
    ):
        send(build, wire, sessions)

    assert caught.value.retry_after == 17


@every_channel
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422])
def test_what_needs_a_repair_is_rejected(
    build: Build, status: int, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with (
        Wire(tls, answering(status, "Location: https://elsewhere.invalid/\r\n")) as wire,
        pytest.raises(DeliveryRejected, match=f"HTTP {status}"),
    ):
        send(build, wire, sessions)

    assert len(wire.requests) == 1


@every_channel
@pytest.mark.parametrize("behave", [hanging_up, babbling])
def test_a_fault_of_the_connection_is_failed(
    build: Build, behave: Behaviour, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with Wire(tls, behave) as wire, pytest.raises(DeliveryFailed) as caught:
        send(build, wire, sessions)

    assert caught.value.retry_after is None


@every_channel
@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid"])
def test_a_far_end_that_is_not_there_is_failed(build: Build, host: str, sessions: Sessions) -> None:
    with pytest.raises(DeliveryFailed):
        build(f"https://{host}", SECRET, sessions).send(OPENED, opening=True)


@every_channel
def test_a_date_in_retry_after_is_honoured(
    build: Build, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    later = datetime(2099, 1, 1, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    with (
        Wire(tls, answering(503, f"Retry-After: {later}\r\n")) as wire,
        pytest.raises(DeliveryFailed) as caught,
    ):
        send(build, wire, sessions)

    assert caught.value.retry_after == 3600


@every_channel
def test_a_repair_changes_the_fingerprint_and_nothing_else_does(
    build: Build, sessions: Sessions
) -> None:
    one, same, repaired, moved = (
        build(base, secret, sessions).fingerprint
        for base, secret in [
            ("https://a.example", "one"),
            ("https://a.example", "one"),
            ("https://a.example", "two"),
            ("https://b.example", "one"),
        ]
    )

    assert one == same
    assert len({one, repaired, moved}) == 3
    assert len(one) == 12
    assert set(one) <= set("0123456789abcdef")


def test_a_channel_is_named_as_its_package_and_people_read_two_of_them(sessions: Sessions) -> None:
    made = {name: build("https://a.example", "k", sessions) for name, build in CHANNELS.items()}

    assert {name: each.name for name, each in made.items()} == {
        name: package(name) for name in made
    }
    assert [name for name, each in made.items() if each.audience is not Audience.SIEM] == [
        "teams",
        "pagerduty",
    ]


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from, suppressed or not."""
    yield error
    for each in (error.__cause__, error.__context__):
        if each is not None:
            yield from causes(each)


def told(error: BaseException) -> str:
    """Return everything that a handler could print of an error."""
    texts = [f"{each!r} {each} {each.args!r} {vars(each)!r}" for each in causes(error)]
    return "\n".join([*texts, *traceback.format_exception(error)])


def attempt(channel: Channel) -> str:
    """Send twice and return what could be printed of it."""
    found = [repr(channel), str(channel)]
    for notice in (OPENED, RESOLVED):
        try:
            channel.send(notice, opening=False)
        except DriftError as error:
            found.append(told(error))
    return "\n".join(found)


@every_channel
@pytest.mark.parametrize(
    "behave",
    [
        answering(202),
        answering(307, f"Location: https://elsewhere.invalid/{SECRET}\r\n"),
        answering(400, body=SECRET.encode()),
        answering(403, body=b'{"code": 4, "text": "%s"}' % SECRET.encode()),
        answering(429, f"Retry-After: {SECRET}\r\n"),
        answering(503, f"X-Echo: {SECRET}\r\n"),
        hanging_up,
        babbling,
    ],
    ids=["202", "307", "400", "403", "429", "503", "hanging up", "babbling"],
)
def test_nothing_that_is_told_of_a_delivery_holds_a_secret(
    build: Build,
    behave: Behaviour,
    sessions: Sessions,
    tls: ssl.SSLContext,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for each in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=each)
    with Wire(tls, behave) as wire:
        found = attempt(build(f"https://{wire.address}", SECRET, sessions))

    assert wire.requests
    assert SECRET not in found
    assert SECRET not in caplog.text


@every_channel
@pytest.mark.parametrize(
    "base",
    [
        "https://127.0.0.1:1",
        "https://nowhere.invalid",
        "https://127.0.0.1:99999",
        "https://[::1",
        "https://" + "a" * 80 + ".example",
        "https://ä\ud800.example",
        f"https://{SECRET}:{SECRET}@127.0.0.1:1",
        "http://127.0.0.1:1",
        "ftp://127.0.0.1",
        "",
    ],
    ids=repr,
)
def test_an_address_that_leads_nowhere_is_not_told(
    build: Build, base: str, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    for each in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=each)
    found = attempt(build(base, SECRET, sessions))

    assert "Delivery" in found
    assert SECRET not in found
    assert SECRET not in caplog.text


@every_channel
@pytest.mark.parametrize(
    "secret", ["line\nbreak-swordfish", "ünïcode-swordfish", "\ud800swordfish"]
)
def test_a_malformed_secret_is_rejected_and_not_told(
    build: Build, secret: str, sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with Wire(tls, answering(202)) as wire:
        found = attempt(build(f"https://{wire.address}", secret, sessions))

    assert "swordfish" not in found


@every_channel
def test_an_untrusted_certificate_gets_no_message(
    build: Build, tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    for each in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=each)
    distrusting = Sessions(ca_bundle="")
    with Wire(tls, answering(202)) as wire:
        found = attempt(build(f"https://{wire.address}", SECRET, distrusting))
    distrusting.close()

    assert "DeliveryFailed" in found
    assert SECRET not in found
    assert SECRET not in caplog.text
