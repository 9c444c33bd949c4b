"""Testing a host by a TLS handshake, without a request and without showing its address."""

import socket
import ssl
from contextlib import closing
from pathlib import Path

import pytest

from drift.config.secret import Secret
from notifiers.handshake import connection_problem
from tests.notifiers.wire import Wire, answering, mute


def secret(address: str) -> Secret:
    return Secret(f"https://{address}/swordfish?sig=swordfish")


def test_a_host_that_completes_the_handshake_has_no_problem_and_gets_no_request(
    authority: Path, tls: ssl.SSLContext
) -> None:
    with Wire(tls, answering(200)) as wire:
        found = connection_problem(secret(wire.address), str(authority))

    assert (found, wire.connections, wire.requests) == ("", 1, [])


def test_an_untrusted_certificate_is_reported(tls: ssl.SSLContext) -> None:
    with Wire(tls, answering(200)) as wire:
        found = connection_problem(secret(wire.address), "")

    assert found is not None
    assert found.startswith("its certificate is not trusted (")


def test_a_certificate_for_another_name_is_named_without_the_name(
    authority: Path, tls: ssl.SSLContext
) -> None:
    with Wire(tls, answering(200)) as wire:
        port = wire.address.partition(":")[2]
        found = connection_problem(secret(f"127.1:{port}"), str(authority))

    assert found is not None
    assert found.startswith("its certificate is not trusted (")
    assert "127.1" not in found


def test_a_host_that_speaks_no_tls_is_named(authority: Path) -> None:
    with Wire(None, lambda _, connection: connection.close()) as wire:
        found = connection_problem(secret(wire.address), str(authority))

    assert found


def test_a_host_that_says_nothing_is_given_up_in_time(authority: Path) -> None:
    with Wire(None, mute) as wire:
        found = connection_problem(secret(wire.address), str(authority), seconds=0.3)

    assert found == "it does not answer in time"


def test_a_port_where_nobody_listens_is_named(authority: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    found = connection_problem(secret(address), str(authority))

    assert found == "it refuses connections"


def test_a_name_that_does_not_resolve_is_named(authority: Path) -> None:
    found = connection_problem(secret("swordfish.invalid"), str(authority), seconds=0.5)

    assert found in ("its name does not resolve", "it does not answer in time")


def test_nothing_is_claimed_where_a_proxy_stands_between(
    authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    found = connection_problem(secret("teams.example"), str(authority))

    assert found is None


def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    found = connection_problem(secret("teams.example"), str(tmp_path / "nowhere.pem"))

    assert found is not None
    assert "REQUESTS_CA_BUNDLE" in found
