"""The CloudEvent around a finding."""

from datetime import timedelta

import pytest

from drift.notices import Notice
from notifiers.eventgrid_topic.message import build_event
from notifiers.ocsf import finding
from tests.notifiers.notices import (
    AT,
    DELETED,
    EXCEPTED,
    NO_LONGER_REQUIRED,
    OPENED,
    RESOLVED,
    UNKNOWN,
    UPDATED,
)

TOLD = AT + timedelta(seconds=2)


def test_an_event_carries_the_finding_and_what_subscriptions_filter_by() -> None:
    assert build_event(OPENED, sent_at=TOLD) == {
        "specversion": "1.0",
        "id": OPENED.uid,
        "source": "phidrift",
        "type": "PhiDrift.Finding.Opened",
        "subject": OPENED.resource_id.lower(),
        "time": OPENED.decided_at.isoformat(),
        "datacontenttype": "application/json",
        "data": finding(OPENED, sent_at=TOLD),
    }


@pytest.mark.parametrize(
    ("notice", "opening", "told"),
    [
        (OPENED, True, "Opened"),
        (UPDATED, True, "Opened"),
        (UPDATED, False, "Updated"),
        (UNKNOWN, True, "Updated"),
        (RESOLVED, False, "Resolved"),
        (DELETED, False, "Resolved"),
        (NO_LONGER_REQUIRED, False, "Resolved"),
        (EXCEPTED, False, "Resolved"),
    ],
)
def test_the_type_follows_the_activity_of_the_finding(
    notice: Notice, opening: bool, told: str
) -> None:
    event = build_event(notice, sent_at=TOLD, opening=opening)

    assert event["type"] == f"PhiDrift.Finding.{told}"


def test_what_ended_without_a_fix_says_so_in_its_data() -> None:
    data = build_event(DELETED, sent_at=TOLD)["data"]

    assert (data["status"], data["compliance"]["status"]) == ("Archived", "Unknown")
