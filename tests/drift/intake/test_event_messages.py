"""Intake: what cannot be understood, and the messages that the queue takes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.events import Dropped, Event, Fanout, Message, of_kind, to_message
from drift.intake.event_grid import parse_delivery
from tests.drift.intake.deliveries import (
    ACCOUNT,
    EXPECTED,
    GROUP,
    NOW,
    VAULT,
    WATCHED,
    WRITE,
    data,
    grid,
    only,
    parsed,
)


@pytest.mark.parametrize(
    ("event", "dropped"),
    [
        ({"id": "e"}, Dropped(id="e", type="", reason="The event has no event type.")),
        (grid(subject="", data={}),
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
        (grid(subject="/subscriptions/s/../x/y", data={}),
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
        (grid(subject=ACCOUNT + "/x" * 2000, data={}),
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
        (grid(subject=f"{ACCOUNT}\n", data={"resourceUri": "/a\x07b"}) | {"subject": "/a\x00"},
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
    ],
)  # fmt: skip
def test_an_event_that_can_never_be_understood_is_said_so(event: object, dropped: Dropped) -> None:
    assert parsed(event) == (dropped,)


@pytest.mark.parametrize(
    "body", ["", "hello", "{", '{"a": NaN}', "[" * 100_000, '{"a":' * 100_000, "1" * 5000, "\ud800"]
)
def test_a_body_that_is_not_json_is_dropped_under_a_hash(body: str) -> None:
    (message,) = parse_delivery(body, WATCHED, NOW)

    assert isinstance(message, Dropped)
    assert (len(message.id), message.type, message.reason) == (32, "", "The body is not JSON.")
    assert parse_delivery(body, WATCHED, NOW) == (message,)


def test_a_broken_event_does_not_affect_the_others() -> None:
    messages = parsed([7, grid(), "x", None])

    assert [type(each) for each in messages] == [Dropped, Event, Dropped, Dropped]
    assert len({each.id for each in messages if isinstance(each, Dropped)}) == 3


def test_an_event_without_an_id_is_the_same_when_it_comes_again() -> None:
    first, second = only(grid(id=None)), only(grid(id=None))

    assert first.id
    assert first == second


def test_long_event_ids_that_begin_alike_stay_apart() -> None:
    first, second = only(grid(id="a" * 5000 + "1")), only(grid(id="a" * 5000 + "2"))

    assert len(first.id) <= 128
    assert first.id != second.id


def sent(message: Message) -> Message:
    """Return a message as the other end of the queue reads it."""
    data = json.loads(to_message(message))
    return of_kind(data["kind"], data)


@pytest.mark.parametrize(
    "message",
    [
        EXPECTED,
        replace(EXPECTED, actor=None, deleted=True),
        Fanout(document=GROUP, event=replace(EXPECTED, target="")),
        Dropped(id="x", type="", reason="The body is not JSON."),
    ],
)
def test_a_message_survives_the_queue(message: Message) -> None:
    assert sent(message) == message


def test_a_message_says_its_kind() -> None:
    assert json.loads(to_message(EXPECTED))["kind"] == "event"


def test_a_message_of_the_greatest_strings_fits_a_queue() -> None:
    wide = "\U00024b62" * 100_000
    subject = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{wide[: 2040 - len(VAULT)]}"
    claims = {"upn": wide, "oid": wide, "ipaddr": wide, "appid": wide}
    body = grid(
        id=wide,
        subject=subject,
        data=data(claims=claims, operationName=wide, correlationId=wide),
    )

    (message,) = parsed(body)

    assert isinstance(message, Fanout)
    assert len(to_message(message).encode()) <= 48 * 1024


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from([ACCOUNT, VAULT, GROUP, WRITE, "mfa", "{}", "2026-11-22T11:00:00Z"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.text()
        | st.sampled_from([
            "id", "eventType", "type", "subject", "data", "claims", "authorization", "resourceUri",
            "eventTime", "upn", "oid", "httpRequest", "operationalInfo", "resourceInfo",
        ]),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_no_json_is_ever_an_error(body: object) -> None:
    for message in parsed(body):
        assert sent(message) == message


@given(st.text())
def test_no_text_is_ever_an_error(body: str) -> None:
    for message in parse_delivery(body, WATCHED, NOW):
        to_message(message).encode()


@given(
    st.dictionaries(st.sampled_from(["subject", "data", "eventTime", "id"]), JSON, max_size=4),
    st.dictionaries(
        st.sampled_from(["claims", "authorization", "httpRequest", "resourceUri", "correlationId"]),
        JSON,
    ),
)
def test_an_event_of_ours_always_becomes_something_or_nothing(
    outer: dict[str, Any], inner: dict[str, Any]
) -> None:
    for message in parsed(grid(data=data(**inner)) | outer):
        assert sent(message) == message
        assert len(to_message(message).encode()) <= 48 * 1024
