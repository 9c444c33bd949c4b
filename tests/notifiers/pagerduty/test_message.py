"""The PagerDuty event: one PagerDuty incident for each incident, within the documented limits."""

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
    BY_APPLICATION,
    DELETED,
    EXCEPTED,
    EXISTING,
    FIRST_SCAN,
    FIRST_SEEN,
    LIKELY,
    MONITOR_BLIND,
    MONITOR_CHANNEL,
    NO_LONGER_REQUIRED,
    OPENED,
    RESOLVED,
    SEVERAL,
    UNKNOWN,
    UPDATED,
    UPDATED_NEWS,
    hostile,
)

KEY = "0123456789abcdef0123456789abcdef"
MOST_BYTES = 512 * 1024
GUIDE = "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent"


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
        (
            OPENED,
            True,
            "Drift: STORAGE-PUBLIC-ACCESS on storage account clinicscans: Anonymous access",
        ),
        (UPDATED, False, "Update: STORAGE-PUBLIC-ACCESS on storage account clinicscans: "),
        (UPDATED, True, "Drift: STORAGE-PUBLIC-ACCESS on storage account clinicscans: "),
        (RESOLVED, False, "Resolved: STORAGE-PUBLIC-ACCESS on storage account clinicscans: "),
        (DELETED, False, "Closed: STORAGE-PUBLIC-ACCESS on storage account clinicscans: "),
        (
            UNKNOWN,
            False,
            "Unknown: STORAGE-PUBLIC-ACCESS on storage account clinicscans: Cannot tell",
        ),
    ],
)
def test_the_summary_names_control_and_resource_and_ends_with_a_code_of_the_incident(
    notice: Notice, opening: bool, summary: str
) -> None:
    told = event(notice, opening=opening)["payload"]["summary"]

    assert told.startswith(summary)
    assert told.endswith(" [9b74c989]")


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

    assert told["payload"]["source"] == ACCOUNT.lower()
    assert told["payload"]["class"] == "STORAGE-PUBLIC-ACCESS"
    assert told["payload"]["component"] == "clinicscans"
    assert told["payload"]["timestamp"] == "2026-11-22T03:14:08.435000+00:00"
    assert details["control"] == "STORAGE-PUBLIC-ACCESS"
    assert details["resource"] == "storage account clinicscans"
    assert details["resourceId"] == ACCOUNT.lower()
    assert details["hipaa"][0] == "HIPAA Security Rule 164.312(a)(1)"
    assert details["found"] == "by an event"
    assert details["runbook"] == GUIDE
    assert details["fix"] == OPENED.fix_command
    assert details["actor"] == (
        "anna.berg@clinic.example (object id 3d0c8f0e-7a55-4c1b-9d2e-5f3f6a1b2c4d, "
        "from 203.0.113.7, MFA no)"
    )
    assert details["differences"] == ["properties.allowBlobPublicAccess: false → true"]
    assert told["links"] == [
        {"href": OPENED.portal_url, "text": "Azure portal"},
        {"href": GUIDE, "text": "Guide"},
    ]


def test_an_open_incident_links_its_runbook_and_an_ended_one_does_not() -> None:
    page = "https://phidrift.clinic.example/api/runbooks/STORAGE-PUBLIC-ACCESS"
    told = event(replace(OPENED, runbook_url=page))

    assert told["payload"]["custom_details"]["runbook"] == page
    assert {"href": page, "text": "Runbook"} in told["links"]
    assert page not in str(event(replace(DELETED, runbook_url=page)))


def test_a_last_writer_is_not_told_as_the_cause() -> None:
    assert event(FIRST_SEEN)["payload"]["custom_details"]["actor"].startswith(
        "first seen; last written by anna.berg@clinic.example"
    )


def test_an_end_says_how_and_after_how_long_and_offers_no_fix() -> None:
    details = event(replace(DELETED, fix_command="az …"))["payload"]["custom_details"]

    assert details["ended"] == "the resource was deleted, after 12 min"
    assert details["fix"] == ""


def test_the_incident_is_linked_when_there_is_a_console() -> None:
    told = event(UPDATED)

    assert told["client_url"] == UPDATED.console_url
    assert [each["href"] for each in told["links"]] == [
        *(UPDATED.portal_url, UPDATED.console_url, GUIDE)
    ]
    assert "client_url" not in event(OPENED)


def test_what_was_found_in_the_first_scan_says_that_it_is_not_new() -> None:
    told = event(EXISTING, opening=True)["payload"]

    assert told["summary"].startswith("Drift (existing, found in the first scan): STORAGE-")
    assert told["custom_details"]["found"] == "existing, found in the first scan"


def test_an_update_lists_what_is_new_where_the_channel_knows_the_rest() -> None:
    assert event(UPDATED_NEWS)["payload"]["custom_details"]["new"] == list(UPDATED_NEWS.news)
    assert "new" not in event(UPDATED_NEWS, opening=True)["payload"]["custom_details"]


def test_an_application_is_told_by_an_id_that_is_labelled() -> None:
    actor = event(BY_APPLICATION)["payload"]["custom_details"]["actor"]

    assert actor.startswith("application id 7d1c5b2a-90ab-4cde-8f01-23456789abcd (object id ")


@pytest.mark.parametrize("notice", [MONITOR_BLIND, MONITOR_CHANNEL, FIRST_SCAN])
def test_what_the_monitor_says_of_itself_begins_so_and_demands_no_value(notice: Notice) -> None:
    told = event(notice, opening=True)["payload"]

    assert told["summary"].startswith(f"Drift monitor: {notice.control_id} on ")
    assert not any("must be" in each for each in told["custom_details"]["evidence"])


def test_invisible_characters_are_shown() -> None:
    told = event(hostile("a\u202eb\x1b[31m\ud800"))

    assert "a\\u202eb\\u001b[31m\\ud800" in told["payload"]["summary"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_NOTICE)
def test_any_notice_keeps_within_the_limits(notice: Notice) -> None:
    told = event(notice)

    assert len(told["payload"]["summary"]) <= 1024
    assert len(told["dedup_key"]) <= 255
    assert len(json.dumps(told).encode()) <= MOST_BYTES


def test_who_most_likely_did_it_is_called_so() -> None:
    actor = event(LIKELY)["payload"]["custom_details"]["actor"]

    assert actor.startswith("most likely anna.berg@clinic.example (object id ")


def test_all_who_can_have_done_it_are_named() -> None:
    actor = event(SEVERAL)["payload"]["custom_details"]["actor"]

    assert actor.startswith("one of: ravi.menon@imaging-partner.example (guest) (object id ")
    assert "; anna.berg@clinic.example (object id " in actor
