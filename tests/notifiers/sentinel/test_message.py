"""The row: the content of each column, and that Azure neither cuts nor refuses it."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings

from drift.notices import Notice
from notifiers.ocsf import finding
from notifiers.sentinel.message import MAX_CALL, MAX_FIELD, build_row, excess
from tests.notifiers.any_notice import ANY_NOTICE
from tests.notifiers.notices import (
    ANNA,
    AT,
    DELETED,
    EVERY,
    OPENED,
    SEVERAL,
    SUBSCRIPTION,
    UNKNOWN,
    UPDATED,
)

TOLD = AT + timedelta(seconds=2)
COLUMNS = [
    *("TimeGenerated", "EventUid", "FindingUid", "IncidentId", "ActivityId"),
    *("Status", "Severity", "ControlId", "ResourceId", "Finding"),
    *("Actor", "ActorObjectId", "ActorIp", "Phi", "SubscriptionId"),
]
RESERVED = {"_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"}
"""https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview#supported-tables"""


def test_a_row_has_what_is_asked_for_often_beside_the_whole_finding() -> None:
    assert build_row(OPENED, sent_at=TOLD) == {
        "TimeGenerated": f"{OPENED.decided_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "EventUid": OPENED.uid,
        "FindingUid": OPENED.finding_uid,
        "IncidentId": OPENED.incident_id,
        "ActivityId": 1,
        "Status": "New",
        "Severity": "Critical",
        "ControlId": "STORAGE-PUBLIC-ACCESS",
        "ResourceId": OPENED.resource_id.lower(),
        "Finding": finding(OPENED, sent_at=TOLD),
        "Actor": ANNA.name,
        "ActorObjectId": ANNA.object_id,
        "ActorIp": ANNA.ip,
        "Phi": "yes",
        "SubscriptionId": SUBSCRIPTION,
    }


@pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)
def test_every_row_has_the_columns_of_the_table_and_none_that_azure_keeps_for_itself(
    notice: Notice,
) -> None:
    row = build_row(notice, sent_at=TOLD)

    assert list(row) == COLUMNS
    assert set(row) & RESERVED == set()


@pytest.mark.parametrize(("phi", "told"), [(True, "yes"), (False, "no"), (None, "unknown")])
def test_a_phi_status_that_is_unknown_is_not_told_as_no(phi: bool | None, told: str) -> None:
    assert build_row(replace(OPENED, phi=phi), sent_at=TOLD)["Phi"] == told


def test_the_columns_of_an_unknown_actor_are_empty() -> None:
    row = build_row(replace(OPENED, changed_by=None), sent_at=TOLD)

    assert (row["Actor"], row["ActorObjectId"], row["ActorIp"]) == ("", "", "")


def test_times_are_told_in_utc_whatever_they_were() -> None:
    east = timezone(timedelta(hours=5))
    row = build_row(replace(OPENED, decided_at=OPENED.decided_at.astimezone(east)), sent_at=TOLD)

    assert datetime.fromisoformat(row["TimeGenerated"]) == OPENED.decided_at
    assert row["TimeGenerated"].endswith("Z")


def test_a_first_message_is_an_opening_and_an_unknown_is_not() -> None:
    assert build_row(UPDATED, sent_at=TOLD, opening=True)["ActivityId"] == 1
    assert build_row(UPDATED, sent_at=TOLD)["ActivityId"] == 2
    assert build_row(UNKNOWN, sent_at=TOLD)["Severity"] == "Unknown"


def test_what_was_deleted_is_not_told_as_resolved() -> None:
    assert build_row(DELETED, sent_at=TOLD)["Status"] == "Archived"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_NOTICE)
def test_no_notice_makes_a_row_that_azure_would_cut_or_refuse(notice: Notice) -> None:
    row = build_row(notice, sent_at=TOLD)

    assert excess(row) == ""
    assert len(json.dumps([row])) < MAX_CALL


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"Status": "x" * MAX_FIELD}, f"Status would be longer than {MAX_FIELD} bytes"),
        ({"Finding": {"a": "ü" * MAX_FIELD}}, f"Finding would be longer than {MAX_FIELD} bytes"),
        (
            {f"Column{number}": "x" * 60_000 for number in range(16)},
            f"the row would be longer than {MAX_CALL} bytes",
        ),
    ],
)
def test_a_row_that_would_be_cut_or_refused_is_named(row: dict[str, object], told: str) -> None:
    assert excess(row) == told


def test_the_columns_name_all_who_can_have_made_the_change() -> None:
    row = build_row(SEVERAL, sent_at=TOLD)

    assert row["Actor"] == "ravi.menon@imaging-partner.example; anna.berg@clinic.example"
    assert row["ActorIp"] == "192.0.2.44; 203.0.113.7"
