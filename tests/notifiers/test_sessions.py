"""The authorities that sessions trust, and their use of the environment."""

import ssl
import threading
from pathlib import Path

import pytest

from drift.config.secret import Secret
from drift.errors import DeliveryFailed, DeliveryRejected
from notifiers.http import post
from notifiers.sessions import Sessions
from tests.notifiers.sending import send
from tests.notifiers.wire import (
    Wire,
    answering,
)


def test_a_server_with_an_untrusted_certificate_gets_no_message(tls: ssl.SSLContext) -> None:
    distrusting = Sessions(ca_bundle="")
    with Wire(tls, answering(200)) as wire, pytest.raises(DeliveryFailed, match="SSLError"):
        send(distrusting, wire)
    distrusting.close()

    assert wire.requests == []


def test_a_certificate_for_another_name_gets_nothing(
    sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with Wire(tls, answering(200)) as wire:
        address = Secret(f"https://127.0.0.2:{wire.address.partition(':')[2]}/")
        with pytest.raises(DeliveryFailed):
            post(sessions.get(), address, b"", {}, channel="test")

    assert wire.requests == []


def test_an_address_that_is_not_https_is_rejected(sessions: Sessions) -> None:
    with Wire(None, answering(200)) as wire, pytest.raises(DeliveryRejected):
        post(sessions.get(), Secret(f"http://{wire.address}/"), b"", {}, channel="test")

    assert wire.connections == 0


@pytest.mark.parametrize("bundle", ["nowhere.pem", "empty.pem"])
def test_a_bundle_that_cannot_be_read_needs_a_repair(tmp_path: Path, bundle: str) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")

    with pytest.raises(DeliveryRejected, match="REQUESTS_CA_BUNDLE"):
        Sessions(ca_bundle=str(tmp_path / bundle)).get()


def test_the_bundle_comes_from_the_environment(
    authority: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    sessions = Sessions()
    with Wire(tls, answering(200)) as wire:
        send(sessions, wire)
    sessions.close()

    assert len(wire.requests) == 1


def test_a_netrc_file_does_not_replace_the_token(
    sessions: Sessions, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Wire(tls, answering(200)) as wire:
        send(sessions, wire)

        [(head, _)] = wire.requests

    assert "Authorization: Splunk swordfish" in head


def test_the_proxy_of_the_environment_is_used(
    sessions: Sessions, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(tls, answering(200)) as wire, Wire(None, answering(502)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        with pytest.raises(DeliveryFailed):
            send(sessions, wire)

    assert proxy.requests[0][0].startswith(f"CONNECT {wire.address}")


def test_a_thread_keeps_its_connection_and_shares_it_with_no_other(
    sessions: Sessions, tls: ssl.SSLContext
) -> None:
    with Wire(tls, answering(200)) as wire:
        send(sessions, wire)
        send(sessions, wire)
        other = threading.Thread(target=send, args=(sessions, wire))
        other.start()
        other.join()

    assert (len(wire.requests), wire.connections) == (3, 2)
