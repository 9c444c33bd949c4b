"""The log says for each event and read what the monitor did, and why."""

from datetime import timedelta

import pytest

from drift.changes.admission import Admission
from drift.state.due_text import ConfirmationCause
from tests.scenarios.decisions import CONTROL, passes_soon
from tests.support.log_lines import Lines, shown
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

STORAGE = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.storage"


@pytest.mark.parametrize(
    ("status", "answer"),
    [(403, "unreadable"), (404, "absent")],
)
def test_an_evaluation_that_reads_nothing_says_what_azure_answered(
    known: Rig, log: Lines, status: int, answer: str
) -> None:
    known.arm.refuse(ACCOUNT, status)
    known.write(ACCOUNT)

    line = log.only("evaluation")
    assert (line["answer"], line["unknown"]) == (answer, CONTROL)


def test_an_event_that_is_read_at_once_says_so(known: Rig, log: Lines) -> None:
    event = known.write(ACCOUNT)

    line = log.only("event-admitted")
    assert (line["event"], line["admission"]) == (event["id"], "read")
    assert (line["event_at"], line["resource"]) == (shown(known), ACCOUNT)


def test_a_duplicate_says_so(known: Rig, log: Lines) -> None:
    event = known.write(ACCOUNT)
    known.deliver(event)

    assert log.only("event-admitted", admission="duplicate")["event"] == event["id"]
    assert len(log.of("evaluation")) == 1


def test_a_proved_event_names_the_read_that_proves_it(known: Rig, log: Lines) -> None:
    late = known.event(ACCOUNT)
    known.clock.advance(minutes=5)
    known.write(ACCOUNT)
    read_at = known.clock.now
    log.clear()
    known.deliver(late)

    line = log.only("event-admitted", event=late["id"])
    assert line["admission"] == "proved"
    assert str(line["last_read"]).startswith(f"{read_at:%Y-%m-%dT%H:%M:%S}")
    assert log.of("evaluation") == []


def test_an_event_that_was_read_too_soon_says_when_it_is_confirmed(known: Rig, log: Lines) -> None:
    late = known.event(ACCOUNT)
    known.clock.advance(seconds=20)
    known.write(ACCOUNT)
    known.deliver(late)

    line = log.only("event-admitted", event=late["id"])
    assert (line["admission"], line["reason"]) == ("covered", Admission.COVERED.value)
    assert log.of("reread-due", due="settle", resource=ACCOUNT)


def test_an_event_beyond_the_reads_of_a_minute_says_when_the_trailing_read_is_due(
    known: Rig, log: Lines
) -> None:
    for _ in range(4):
        known.write(ACCOUNT)

    assert len(log.of("event-admitted", admission="read")) == 3
    assert len(log.of("event-admitted", admission="trailing")) == 1
    due = log.only("reread-due", due="trailing")
    assert str(due["at"]) > shown(known)
    assert "trailing read" in str(due["reason"])


def test_an_event_that_comes_during_a_read_names_the_lease(known: Rig, log: Lines) -> None:
    inner = known.event(ACCOUNT)
    pending = [inner]

    def meanwhile(_: str) -> None:
        if pending:
            known.deliver(pending.pop())

    known.arm.meanwhile = meanwhile
    known.write(ACCOUNT)

    line = log.only("event-admitted", event=inner["id"])
    until = known.clock.now + timedelta(seconds=60)
    assert line["admission"] == "folded"
    assert str(line["reading_until"]).startswith(f"{until:%Y-%m-%dT%H:%M:%S}")


def test_a_read_that_fails_says_when_it_is_tried_again(known: Rig, log: Lines) -> None:
    known.arm.refuse(ACCOUNT, 503)
    known.write(ACCOUNT)

    due = log.only("reread-due", due="retry")
    assert due["at"] == "2026-11-20T03:05:15.000Z"
    assert due["reason"] == "retry: the last read failed"


def test_a_read_that_a_gate_stops_says_until_when(known: Rig, log: Lines) -> None:
    known.arm.refuse(ACCOUNT, 429)
    known.arm.retry_after = 40
    known.write(ACCOUNT)
    assert log.of("read-gated") == []

    known.write(ACCOUNT)

    line = log.only("read-gated")
    assert (line["dependency"], line["until"]) == (STORAGE, "2026-11-20T03:05:40.000Z")
    assert (line["reason"], line["resource"]) == ("the source asked to wait", ACCOUNT)


def test_a_pass_that_is_not_believed_yet_says_until_when(known: Rig, log: Lines) -> None:
    passes_soon(known)

    line = log.only("decision", transition="unsettled")
    assert line["until"] == "2026-11-20T03:06:00.000Z"
    due = log.of("reread-due", due="settle", resource=ACCOUNT)[-1]
    assert str(due["at"]) >= str(line["until"])


def test_a_confirmation_of_a_document_that_azure_still_changes_gives_that_as_its_reason(
    known: Rig, log: Lines
) -> None:
    known.arm.set(ACCOUNT, provisioningState="Updating")
    known.write(ACCOUNT)
    early = log.of("reread-due", due="settle")[-1]
    known.later(minutes=2)

    assert early["reason"] == ConfirmationCause.REPLICA.value
    assert log.of("reread-due", due="settle")[-1]["reason"] == ConfirmationCause.UNFINISHED.value


def test_a_404_that_proves_nothing_yet_is_the_reason_of_the_next_reads(
    known: Rig, log: Lines
) -> None:
    known.arm.refuse(ACCOUNT, 404)
    known.write(ACCOUNT)

    assert log.only("reread-due", due="settle")["reason"] == ConfirmationCause.ABSENT.value
    assert "404" in str(log.only("reread-due", due="quick")["reason"])


def test_a_proven_deletion_needs_no_line_of_a_proof(known: Rig, log: Lines) -> None:
    known.arm.refuse(ACCOUNT, 404)
    known.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")

    assert log.only("evaluation")["answer"] == "absent"
    assert log.of("proof") == []
