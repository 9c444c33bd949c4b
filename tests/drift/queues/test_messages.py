"""A message goes to the queue of its kind, and comes back from it as it was."""

import json
from datetime import UTC, datetime

import pytest

from drift.errors import MalformedEvent, NotUnderstood
from drift.queues import outbound
from drift.queues.decoding import kind_of, own
from drift.queues.messages import DeliverMessage, InvestigateMessage, SweepMessage, WakeMessage
from drift.queues.outbound import MessageKind, Outbound
from drift.queues.own_message import RowMessage

DELIVER = DeliverMessage(resource="/r", control="STORAGE-FIREWALL", number=1, channel="teams")
SWEEP = SweepMessage(subscription="s", run=2)
INVESTIGATE = InvestigateMessage(
    resource="/r",
    control="STORAGE-FIREWALL",
    number=1,
    opened_at=datetime(2026, 12, 1, 9, 2, tzinfo=UTC),
)


@pytest.mark.parametrize("message", [DELIVER, SWEEP, INVESTIGATE, WakeMessage(resource="/r")])
def test_a_message_comes_back_from_its_text(message: RowMessage) -> None:
    data = json.loads(message.text)

    assert own(kind_of(data), data) == message


@pytest.mark.parametrize(
    ("message", "queue"),
    [
        (WakeMessage(resource="/r"), "changes"),
        (DELIVER, "deliveries"),
        (SWEEP, "background"),
        (INVESTIGATE, "background"),
    ],
)
def test_only_what_an_event_waits_for_goes_to_the_queue_of_changes(
    message: RowMessage, queue: str
) -> None:
    sent = outbound.of_row("due|1", message.row)

    assert sent == outbound.to_queue(queue, *getattr(sent, queue))
    assert len(getattr(sent, queue)) == 1


def test_a_due_row_does_not_store_its_own_key_and_its_message_names_it() -> None:
    [text] = outbound.of_row("due|1", SWEEP.row).background

    assert "due" not in SWEEP.row
    assert json.loads(text)["due"] == "due|1"


def test_a_due_row_can_be_sent_to_another_queue_than_that_of_its_kind() -> None:
    sent = outbound.of_row("due|1", WakeMessage(resource="/r").row, outbound.BACKGROUND)

    assert (len(sent.changes), len(sent.background)) == (0, 1)


def test_a_message_of_a_newer_version_goes_to_the_queue_of_changes_where_it_is_deferred() -> None:
    data = {"kind": "of-tomorrow"}

    assert outbound.queue_of(data) == "changes"
    with pytest.raises(NotUnderstood, match="kind"):
        kind_of(data)


@pytest.mark.parametrize("data", [{}, {"kind": ""}, {"kind": 7}, {"kind": None}])
def test_a_message_without_a_kind_is_malformed(data: dict[str, object]) -> None:
    with pytest.raises(MalformedEvent, match="no kind"):
        kind_of(data)


def test_a_message_of_a_newer_schema_is_not_understood() -> None:
    with pytest.raises(NotUnderstood, match="schema"):
        kind_of({**SWEEP.data, "schema": 2})


def test_a_message_that_lacks_a_field_is_malformed_and_the_error_names_the_field() -> None:
    data = {name: value for name, value in SWEEP.data.items() if name != "subscription"}

    with pytest.raises(MalformedEvent, match="subscription"):
        own(MessageKind.SWEEP, data)


def test_messages_of_two_steps_are_sent_in_their_order() -> None:
    first, second = Outbound(changes=("a",), background=("b",)), Outbound(changes=("c",))

    assert first + second == Outbound(changes=("a", "c"), background=("b",))
