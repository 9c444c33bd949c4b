"""No call takes longer than its deadline, whatever the other side does."""

import socket
import ssl
import threading
from collections.abc import Sequence

import pytest

from drift.config.secret import Secret
from drift.errors import DeliveryFailed
from notifiers.deadline import AddressRoute, CallDeadline, connect
from notifiers.http import post
from notifiers.sessions import Sessions
from tests.notifiers.sending import send
from tests.notifiers.wire import (
    Behaviour,
    Wire,
    answering,
    dripping,
    mute,
    silent,
)

SOON = 0.4
"""Seconds: much shorter than the time for which each of these servers misbehaves."""

ENOUGH = 1.5
"""Seconds: more than a good answer takes, on a busy machine too."""


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (dripping(b"", b"H"), "the status line drips"),
        (dripping(b"HTTP/1.1 202 Accepted\r\n", b"X-A: b\r\n"), "the headers never end"),
        (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "interim answers never end"),
        (silent, "nothing comes"),
    ],
)
def test_the_deadline_cuts_off_whatever_the_other_side_drips(
    sessions: Sessions, tls: ssl.SSLContext, behave: Behaviour, why: str
) -> None:
    with Wire(tls, behave) as wire:
        with pytest.raises(DeliveryFailed, match=r"^test: no answer within 0.4 s$"):
            send(sessions, wire, seconds=SOON)

        assert wire.reset.wait(10), f"the connection stayed open: {why}"


def test_the_deadline_cuts_off_a_handshake(sessions: Sessions, tls: ssl.SSLContext) -> None:
    with Wire(None, mute) as wire, pytest.raises(DeliveryFailed, match="no answer within"):
        send(sessions, wire, seconds=SOON)


def test_the_deadline_cuts_off_a_connection_that_nobody_accepts(sessions: Sessions) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        address = Secret(f"https://127.0.0.1:{port}/")

        with pytest.raises(DeliveryFailed):
            post(sessions.get(), address, b"", {}, channel="test", deadline=CallDeadline(SOON))

        for each in waiting:
            each.close()


def test_the_deadline_holds_while_a_name_is_looked_up() -> None:
    answered = threading.Event()

    def never(host: str, port: int) -> Sequence[AddressRoute]:
        answered.wait()
        return []

    with pytest.raises(TimeoutError), CallDeadline(SOON) as deadline:
        connect("far.example", 443, deadline, look_up=never)

    answered.set()


def test_an_address_that_swallows_packets_leaves_time_for_the_next(tls: ssl.SSLContext) -> None:
    def two(host: str, port: int) -> Sequence[AddressRoute]:
        stream = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*stream, ("127.0.0.1", 1)), (*stream, ("127.0.0.1", port))]

    with Wire(tls, silent) as wire, CallDeadline(20) as deadline:
        port = int(wire.address.partition(":")[2])
        with connect("far.example", port, deadline, look_up=two) as connected:
            reached = connected.getpeername()[1]

    assert reached == port


def test_a_body_that_drips_does_not_undo_what_the_status_said(
    sessions: Sessions, tls: ssl.SSLContext
) -> None:
    endless = b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n"
    with Wire(tls, dripping(endless, b"x")) as wire:
        send(sessions, wire, seconds=ENOUGH)

        assert wire.reset.wait(10)


def test_a_deadline_of_one_call_does_not_cut_the_next(
    sessions: Sessions, tls: ssl.SSLContext
) -> None:
    passed = threading.Event()
    with Wire(tls, answering(200)) as wire:
        send(sessions, wire, seconds=ENOUGH)
        passed.wait(ENOUGH * 1.2)
        send(sessions, wire)

    assert (len(wire.requests), wire.connections) == (2, 1)


def test_a_second_call_has_what_the_first_has_left(sessions: Sessions, tls: ssl.SSLContext) -> None:
    deadline, passed = CallDeadline(ENOUGH), threading.Event()

    def call(wire: Wire) -> None:
        address = Secret(f"https://{wire.address}")
        post(sessions.get(), address, b"", {}, channel="test", deadline=deadline)

    with Wire(tls, answering(200)) as good, Wire(tls, silent) as bad:
        call(good)
        passed.wait(ENOUGH)
        with pytest.raises(DeliveryFailed):
            call(bad)

    assert bad.requests == []
