"""Findings as SIEMs read them, held to OCSF's own schema of the class."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from drift.model import Actor, Outcome, Severity
from drift.notices import Change, Closure, Difference, Notice
from notifiers.ocsf import MAX_BYTES, finding
from tests.notifiers.any_notice import ANY_NOTICE
from tests.notifiers.notices import (
    ACCOUNT,
    AT,
    DELETED,
    EVERY,
    EXCEPTED,
    NO_LONGER_REQUIRED,
    OPENED,
    RESOLVED,
    SEVERAL,
    SUBSCRIPTION,
    UNKNOWN,
    UPDATED,
    UPDATED_NEWS,
    huge,
)

# Exported once from the package ocsf-json-schema 1.2.0: version 1.8.0, profile cloud.
SCHEMA = json.loads(
    Path(__file__)
    .with_name("ocsf-1.8.0-compliance-finding.schema.json")
    .read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)

TOLD = AT + timedelta(seconds=2)


def problems(event: dict[str, Any]) -> list[str]:
    """Return the errors of an event; that its type follows from its activity is our own rule."""
    found = [f"{each.json_path}: {each.message[:200]}" for each in VALIDATOR.iter_errors(event)]
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        found.append("type_uid is not class_uid * 100 + activity_id")
    return found


@pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)
def test_every_notice_is_a_valid_finding(notice: Notice) -> None:
    event = finding(notice, sent_at=TOLD)

    assert problems(event) == []
    assert len(json.dumps(event)) <= MAX_BYTES


@pytest.mark.parametrize("change", Change)
@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("closure", [None, *Closure])
def test_every_change_and_outcome_is_valid_and_pass_only_if_it_passes(
    change: Change, outcome: Outcome, closure: Closure | None
) -> None:
    event = finding(replace(OPENED, change=change, outcome=outcome, closure=closure))

    assert problems(event) == []
    if event["compliance"]["status"] == "Pass":
        assert (outcome, closure in (Closure.DELETED, Closure.MOVED)) == (Outcome.PASS, False)
    if event["status"] == "Resolved":
        told_later = change is Change.UPDATED and closure is Closure.FIXED
        assert change is Change.RESOLVED or told_later
        assert outcome is Outcome.PASS


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_NOTICE)
def test_any_notice_is_shortened_and_never_failed(notice: Notice) -> None:
    event = finding(notice, sent_at=TOLD)

    assert problems(event) == []
    assert len(json.dumps(event)) <= MAX_BYTES


@pytest.mark.parametrize(
    ("notice", "activity", "status", "compliance"),
    [
        (OPENED, (1, "Create"), (1, "New"), (3, "Fail")),
        (UPDATED, (2, "Update"), (1, "New"), (3, "Fail")),
        (RESOLVED, (3, "Close"), (4, "Resolved"), (1, "Pass")),
        (DELETED, (3, "Close"), (5, "Archived"), (0, "Unknown")),
        (replace(DELETED, outcome=Outcome.PASS), (3, "Close"), (5, "Archived"), (0, "Unknown")),
        (NO_LONGER_REQUIRED, (3, "Close"), (5, "Archived"), (0, "Unknown")),
        (
            replace(NO_LONGER_REQUIRED, outcome=Outcome.FAIL),
            (3, "Close"),
            (5, "Archived"),
            (3, "Fail"),
        ),
        (
            replace(NO_LONGER_REQUIRED, outcome=Outcome.PASS),
            (3, "Close"),
            (5, "Archived"),
            (1, "Pass"),
        ),
        (EXCEPTED, (3, "Close"), (3, "Suppressed"), (3, "Fail")),
        (UNKNOWN, (2, "Update"), (0, "Unknown"), (0, "Unknown")),
    ],
)
def test_a_change_has_its_activity_status_and_compliance(
    notice: Notice,
    activity: tuple[int, str],
    status: tuple[int, str],
    compliance: tuple[int, str],
) -> None:
    event = finding(notice)

    assert (event["activity_id"], event["activity_name"]) == activity
    assert (event["status_id"], event["status"]) == status
    assert (event["compliance"]["status_id"], event["compliance"]["status"]) == compliance


def test_a_first_message_about_an_open_incident_is_a_creation() -> None:
    event = finding(UPDATED, opening=True)

    assert (event["activity_id"], event["type_uid"]) == (1, 200301)


@pytest.mark.parametrize(
    ("level", "number"),
    [
        (Severity.LOW, 2),
        (Severity.MEDIUM, 3),
        (Severity.HIGH, 4),
        (Severity.CRITICAL, 5),
        (None, 0),
    ],
)
def test_severity_is_in_the_numbers_of_ocsf(level: Severity | None, number: int) -> None:
    assert finding(replace(OPENED, severity=level))["severity_id"] == number


def test_ids_stand_where_they_are_looked_for_and_first() -> None:
    event = finding(OPENED)

    assert event["metadata"]["uid"] == OPENED.uid
    assert event["metadata"]["version"] == "1.8.0"
    assert event["metadata"]["correlation_uid"] == OPENED.incident_id
    assert event["finding_info"]["uid"] == OPENED.finding_uid
    assert event["compliance"]["control"] == "STORAGE-PUBLIC-ACCESS"
    assert event["resources"][0]["uid"] == ACCOUNT.lower()
    assert event["cloud"]["provider"] == "Azure"
    assert event["cloud"]["account"]["uid"] == SUBSCRIPTION
    assert list(event)[:3] == ["metadata", "finding_info", "resources"]


def test_the_actor_is_told_with_object_id_and_address() -> None:
    actor = finding(OPENED)["unmapped"]["actor"]

    assert actor["name"] == "anna.berg@clinic.example"
    assert actor["object_id"] == "3d0c8f0e-7a55-4c1b-9d2e-5f3f6a1b2c4d"
    assert (actor["ip"], actor["mfa"]) == ("203.0.113.7", False)


def test_times_are_milliseconds_where_the_class_has_them_and_all_are_told() -> None:
    event = finding(OPENED, sent_at=TOLD)

    assert event["time"] == round(OPENED.decided_at.timestamp() * 1000)
    assert event["finding_info"]["first_seen_time"] == round(OPENED.opened_at.timestamp() * 1000)
    times = {name: datetime.fromisoformat(at) for name, at in event["unmapped"]["times"].items()}
    assert times == {
        "event": OPENED.event_at,
        "read": OPENED.read_at,
        "decided": OPENED.decided_at,
        "told": TOLD,
    }


def test_how_it_was_judged_and_by_what_is_told() -> None:
    unmapped = finding(OPENED)["unmapped"]

    assert (unmapped["code_version"], unmapped["config_hash"]) == ("0.1.0", "c0ffee12")
    assert unmapped["phi"] is True
    assert unmapped["differences"] == [
        {"path": "properties.allowBlobPublicAccess", "before": False, "after": True}
    ]


def test_the_fix_is_remediation_until_it_is_closed() -> None:
    remediation = finding(OPENED)["remediation"]

    assert OPENED.fix_command is not None
    assert remediation["desc"].startswith(OPENED.fix_command)
    assert remediation["references"] == [
        OPENED.portal_url,
        "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
    ]
    page = "https://phidrift.clinic.example/api/runbooks/STORAGE-PUBLIC-ACCESS"
    assert page in finding(replace(OPENED, runbook_url=page))["remediation"]["references"]
    assert "remediation" not in finding(replace(RESOLVED, fix_command="az …"))


def test_a_closing_says_how_long_it_was_open() -> None:
    event = finding(RESOLVED)

    assert event["duration"] == 720_110


def test_values_that_compare_are_kept_and_all_others_become_text() -> None:
    difference = Difference("p", {"a": [1]}, float("nan"))
    notice = replace(OPENED, differences=(difference, Difference("q", 2**70, 7)))

    told = finding(notice)["unmapped"]["differences"]

    assert told[0] == {"path": "p", "before": '{"a":[1]}', "after": "NaN"}
    assert told[1] == {"path": "q", "before": str(2**70), "after": 7}


def test_each_citation_names_the_rule_that_it_belongs_to() -> None:
    compliance = finding(replace(OPENED, hipaa=("164.312(b)", "164.402")))["compliance"]

    assert compliance["standards"] == ["HIPAA Security Rule", "HIPAA Breach Notification Rule"]
    assert compliance["requirements"] == [
        "HIPAA Security Rule 164.312(b)",
        "HIPAA Breach Notification Rule 164.402",
    ]


def test_ids_are_in_lower_case_whatever_case_azure_shows() -> None:
    shown = replace(OPENED, resource_id=ACCOUNT.upper(), subscription_id=SUBSCRIPTION.upper())
    event = finding(shown)

    assert event["resources"][0]["uid"] == ACCOUNT.lower()
    assert event["cloud"]["account"]["uid"] == SUBSCRIPTION
    assert event["resources"][0]["name"] == "CLINICSCANS"


def test_an_update_lists_what_is_new() -> None:
    assert finding(UPDATED_NEWS)["unmapped"]["news"] == list(UPDATED_NEWS.news)


def test_what_was_left_out_is_said() -> None:
    assert finding(huge())["metadata"]["is_truncated"] is True
    assert "is_truncated" not in finding(OPENED)["metadata"]


def test_ids_too_long_to_tell_stay_unlike_each_other() -> None:
    one, two = (
        finding(replace(OPENED, finding_uid="C:" + "x" * 5000 + end))["finding_info"]["uid"]
        for end in "12"
    )

    assert one != two


def test_half_a_command_is_never_told() -> None:
    event = finding(replace(OPENED, fix_command="az " + "x" * 3000 + " --yes"))

    assert "az xxx" not in event["remediation"]["desc"]
    assert "phidrift evaluate" in event["remediation"]["desc"]


def test_all_who_can_have_made_the_change_are_told_and_none_as_the_cause() -> None:
    told = finding(SEVERAL)["unmapped"]

    assert (told["actor_standing"], told["actor_is_cause"]) == ("one of several", False)
    assert told["actor"]["sign_in_ip"] == "198.51.100.200"
    assert [each["name"] for each in told["other_actors"]] == ["anna.berg@clinic.example"]


def test_an_actor_unknown_is_null() -> None:
    assert finding(replace(OPENED, changed_by=None))["unmapped"]["actor"] is None
    assert finding(replace(OPENED, changed_by=Actor("app-1")))["unmapped"]["actor"]["ip"] == ""
