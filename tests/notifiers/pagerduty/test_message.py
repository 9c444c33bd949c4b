"""The PagerDuty event: one incident there per incident here, within the documented limits."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from drift.model import Severity
from drift.notices import Notice
from notifiers.pagerduty.message import build_event
from tests.notifiers.any_notice import ANY_NOTICE
from tests.notifiers.notices import (
    ACCOUNT,
    DELETED,
    EXCEPTED,
    FIRST_SEEN,
    NO_LONGER_REQUIRED,
    OPENED,
    RESOLVED,
    UNKNOWN,
    UPDATED,
    hostile,
)

KEY = "0123456789abcdef0123456789abcdef"
MOST_BYTES = 512 * 1024


def event(notice: Notice, *, opening: bool = False) -> dict[str, Any]:
    return build_event(notice, KEY, opening=opening)


@pytest.mark.parametrize(
    ("notice", "action"),
    [
        (OPENED, "trigger"),
        (UPDATED, "trigger"),
        (UNKNOWN, "trigger"),
        (RESOLVED, "resolve"),
        (DELETED, "resolve"),
        (NO_LONGER_REQUIRED, "resolve"),
        (EXCEPTED, "resolve"),
    ],
)
def test_what_is_open_triggers_and_what_ended_resolves(notice: Notice, action: str) -> None:
    told = event(notice)

    assert (told["event_action"], told["dedup_key"]) == (action, notice.incident_id)


@pytest.mark.parametrize(
    ("notice", "opening", "summary"),
    [
        (OPENED, True, "Drift: STORAGE-PUBLIC-ACCESS on clinicimaging: Anonymous access"),
        (UPDATED, False, "Update: STORAGE-PUBLIC-ACCESS on clinicimaging: "),
        (UPDATED, True, "Drift: STORAGE-PUBLIC-ACCESS on clinicimaging: "),
        (RESOLVED, False, "Resolved: STORAGE-PUBLIC-ACCESS on clinicimaging: "),
        (DELETED, False, "Closed: STORAGE-PUBLIC-ACCESS on clinicimaging: "),
        (UNKNOWN, False, "Unknown: STORAGE-PUBLIC-ACCESS on clinicimaging: Cannot tell"),
    ],
)
def test_the_summary_names_control_and_resource(
    notice: Notice, opening: bool, summary: str
) -> None:
    assert event(notice, opening=opening)["payload"]["summary"].startswith(summary)


@pytest.mark.parametrize(
    ("level", "word"),
    [
        (Severity.CRITICAL, "critical"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "info"),
        (None, "warning"),
    ],
)
def test_severity_is_in_the_words_of_pagerduty(level: Severity | None, word: str) -> None:
    assert event(replace(OPENED, severity=level))["payload"]["severity"] == word


def test_the_details_hold_all_that_an_engineer_needs() -> None:
    told = event(OPENED)
    details = told["payload"]["custom_details"]

    assert told["payload"]["source"] == ACCOUNT
    assert told["payload"]["component"] == "clinicimaging"
    assert told["payload"]["timestamp"] == "2026-11-22T03:14:08.435000+00:00"
    assert details["control"] == "STORAGE-PUBLIC-ACCESS"
    assert details["resourceId"] == ACCOUNT
    assert details["fix"] == OPENED.fix_command
    assert details["actor"] == (
        "anna.berg@clinic.example (object id 3d0c8f0e-7a55-4c1b-9d2e-5f3f6a1b2c4d, "
        "from 203.0.113.7, MFA no)"
    )
    assert details["differences"] == ["properties.allowBlobPublicAccess: false → true"]
    assert told["links"] == [{"href": OPENED.portal_url, "text": "Azure portal"}]


def test_a_last_writer_is_not_told_as_the_cause() -> None:
    assert event(FIRST_SEEN)["payload"]["custom_details"]["actor"].startswith(
        "first seen; last written by anna.berg@clinic.example"
    )


def test_an_end_says_how_and_after_how_long_and_offers_no_fix() -> None:
    details = event(replace(DELETED, fix_command="az …"))["payload"]["custom_details"]

    assert details["ended"] == "the resource was deleted, after 12 min"
    assert details["fix"] == ""


def test_the_incident_is_linked_when_there_is_a_console() -> None:
    links = [each["href"] for each in event(UPDATED)["links"]]

    assert links == [UPDATED.portal_url, UPDATED.console_url]


def test_what_would_hide_is_shown() -> None:
    told = event(hostile("a\u202eb\x1b[31m\ud800"))

    assert "a\\u202eb\\u001b[31m\\ud800" in told["payload"]["summary"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_NOTICE)
def test_any_notice_keeps_within_the_limits(notice: Notice) -> None:
    told = event(notice)

    assert len(told["payload"]["summary"]) <= 1024
    assert len(told["dedup_key"]) <= 255
    assert len(json.dumps(told).encode()) <= MOST_BYTES
