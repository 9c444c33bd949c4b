"""The collector's envelope, and what is told of a refusal."""

from datetime import timedelta

import pytest

from notifiers.http import Answer
from notifiers.ocsf import finding
from notifiers.splunk.message import build_event
from notifiers.splunk.notifier import hec_code
from tests.notifiers.notices import AT, OPENED

TOLD = AT + timedelta(seconds=2)


def test_the_envelope_dates_the_finding_by_its_decision() -> None:
    event = build_event(OPENED, host="func-phidrift", told_at=TOLD)

    assert event == {
        "time": round(OPENED.decided_at.timestamp(), 3),
        "host": "func-phidrift",
        "source": "phidrift",
        "sourcetype": "phidrift:ocsf",
        "event": finding(OPENED, told_at=TOLD),
    }


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"text":"Invalid token","code":4}', "code 4"),
        (b'{"text":"Invalid data format","code":6,"invalid-event-number":0}', "code 6"),
        (b'{"code":"swordfish"}', ""),
        (b'{"code":4711}', ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_a_refusal_is_told_by_number_and_never_by_its_text(body: bytes, told: str) -> None:
    assert hec_code(Answer(400, "", body)) == told
