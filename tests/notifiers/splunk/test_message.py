"""The collector's envelope."""

from datetime import timedelta

from notifiers.ocsf import finding
from notifiers.splunk.message import build_event
from tests.notifiers.notices import AT, OPENED

TOLD = AT + timedelta(seconds=2)


def test_the_envelope_dates_the_finding_by_its_decision() -> None:
    event = build_event(OPENED, host="func-phidrift", sent_at=TOLD)

    assert event == {
        "time": round(OPENED.decided_at.timestamp(), 3),
        "host": "func-phidrift",
        "source": "phidrift",
        "sourcetype": "phidrift:ocsf",
        "event": finding(OPENED, sent_at=TOLD),
    }
