"""The content for Microsoft Sentinel: its columns are those of a row, its queries find what they are for."""

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import duckdb_kql
import pytest

from drift.notices import HEARTBEAT, Heartbeat
from notifiers.sentinel.message import build_heartbeat, build_row
from tests.infra.predicted import ROOT, of_type, only, scope_of
from tests.notifiers.notices import AT, OPENED

COLUMNS: list[dict[str, str]] = json.loads(
    (ROOT / "infra/siem/columns.json").read_text(encoding="utf-8")
)
NAMES = [each["name"] for each in COLUMNS]
SIGN_INS = (
    *("TimeGenerated", "UserId", "UserPrincipalName", "IPAddress"),
    *("ResultType", "AppDisplayName", "CorrelationId"),
)
FIRST = "3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e11"
SECOND = "3c1f6a90-5b2d-4e8a-9f10-6d2c4b8a7e12"
ARRIVED = "ArrivedAt"
"""The column that stands for ``ingestion_time()`` in these tables."""

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def queries_in(folder: str) -> dict[str, str]:
    """Return the queries in a folder of infra/siem, the accounts in their place."""
    return {
        path.stem: path.read_text(encoding="utf-8").replace(
            "__ACCOUNTS__", f"'{FIRST}', '{SECOND}'"
        )
        for path in sorted((ROOT / "infra/siem" / folder).glob("*.kql"))
    }


RULES, HUNTS, TILES = queries_in("."), queries_in("hunting"), queries_in("workbook")
QUERIES = {**RULES, **HUNTS, **TILES}


def rows_of(query: str, *rows: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    """Return what a query finds in a table of findings, which have just arrived if they do not say when."""
    kinds = {"datetime": "timestamp", "int": "integer", "dynamic": "json"}
    declared = ", ".join(f"{each['name']} {kinds.get(each['type'], 'varchar')}" for each in COLUMNS)
    with duckdb.connect() as connection:
        connection.execute(f"create table PhiDrift_CL ({declared}, {ARRIVED} timestamp)")
        for row in rows:
            values = [*(row.get(name) for name in NAMES), row.get(ARRIVED, datetime.now(UTC))]
            marks = ", ".join("?" for _ in values)
            connection.execute(f"insert into PhiDrift_CL values ({marks})", values)
        text = QUERIES[query].replace("ingestion_time()", ARRIVED)
        found: Sequence[tuple[Any, ...]] = duckdb_kql.query(connection, text).fetchall()
        return found


def row(uid: str, **values: object) -> dict[str, Any]:
    base = {"TimeGenerated": datetime.now(UTC), "EventUid": uid, "ActivityId": 1, "Status": "New"}
    return {**base, "Severity": "Critical", "ControlId": "STORAGE-FIREWALL", **values}


def test_the_table_has_a_column_for_all_that_a_row_sends_and_no_other() -> None:
    assert list(build_row(OPENED, sent_at=AT)) == NAMES


def test_a_heartbeat_fits_the_table() -> None:
    beat = Heartbeat(uid="1", at=AT, watched=1, last_event=None, version="1")

    assert build_heartbeat(beat).keys() <= set(NAMES)


def test_the_table_and_the_stream_declare_the_same_columns() -> None:
    table = only("siem", "Microsoft.OperationalInsights/workspaces/tables")["properties"]
    rule = only("siem", "Microsoft.Insights/dataCollectionRules")["properties"]

    assert table["schema"]["columns"] == COLUMNS
    assert rule["streamDeclarations"] == {"Custom-PhiDrift_CL": {"columns": COLUMNS}}
    assert table["totalRetentionInDays"] == 2191


def test_the_app_may_send_to_this_rule_alone() -> None:
    role = only("siem", "Microsoft.Authorization/roleAssignments")

    assert role["properties"]["roleDefinitionId"].endswith("/3913510d-42f4-4e42-8a64-420c390055eb")
    assert scope_of(role) == only("siem", "Microsoft.Insights/dataCollectionRules")["id"]


def test_every_query_is_a_rule() -> None:
    rules = of_type("siem", "Microsoft.SecurityInsights/alertRules")

    assert {each["properties"]["query"] for each in rules} == set(RULES.values())


def test_every_hunting_query_is_shown_by_sentinel_and_says_what_it_looks_for() -> None:
    hunts = of_type("siem", "Microsoft.OperationalInsights/workspaces/savedSearches")

    assert {each["properties"]["query"] for each in hunts} == set(HUNTS.values())
    assert {each["properties"]["category"] for each in hunts} == {"Hunting Queries"}
    assert all(each.startswith("// ") for each in HUNTS.values())


def test_the_workbook_shows_its_queries_and_the_open_incidents() -> None:
    workbook = only("siem", "Microsoft.Insights/workbooks")["properties"]
    tiles = json.loads(workbook["serializedData"])["items"]

    assert {each["content"]["query"] for each in tiles} == {HUNTS["open"], *TILES.values()}


def test_microsofts_language_service_accepts_every_query() -> None:
    kinds = {"datetime": "datetime", "int": "int", "dynamic": "dynamic", "string": "string"}
    table = {each["name"]: kinds[each["type"]] for each in COLUMNS}
    sign_ins = {**dict.fromkeys(SIGN_INS, "string"), "TimeGenerated": "datetime"}
    tables = {"PhiDrift_CL": table, "SigninLogs": sign_ins}
    checked = subprocess.run(
        ["node", ROOT / "tests/adapters/log_analytics/kql_check.mjs"],
        input=json.dumps({"tables": tables, "queries": QUERIES}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    answers = json.loads(checked.stdout)
    assert answers.keys() == QUERIES.keys()
    assert [problem for each in answers.values() for problem in each["problems"]] == []


def test_a_critical_finding_is_found_once_though_its_row_was_sent_twice() -> None:
    other = (row("b", Severity="High"), row("c", ActivityId=3, Status="Resolved"))

    assert len(rows_of("critical", row("a"), row("a"), *other)) == 1


@pytest.mark.parametrize(
    ("query", "control"), [("critical", "STORAGE-TLS"), ("blind", "MONITOR-BLIND")]
)
@pytest.mark.parametrize(("decided", "arrived", "found"), [(0, 1, 1), (25 * 60, 1, 1), (25, 20, 0)])
def test_a_row_is_found_in_the_minutes_after_it_arrives_however_old_it_is(
    query: str, control: str, decided: int, arrived: int, found: int
) -> None:
    at = datetime.now(UTC)
    late = row("a", ControlId=control, TimeGenerated=at - timedelta(minutes=decided))

    assert len(rows_of(query, {**late, ARRIVED: at - timedelta(minutes=arrived)})) == found


def test_a_rule_that_asks_for_the_time_of_arrival_runs_before_that_is_over_and_reaches_far_back() -> (
    None
):
    rules = of_type("siem", "Microsoft.SecurityInsights/alertRules")
    by_arrival = [
        each["properties"] for each in rules if "ingestion_time()" in each["properties"]["query"]
    ]

    assert len(by_arrival) == 3
    for each in by_arrival:
        assert "ingestion_time() > ago(6m)" in each["query"]
        assert (each["queryFrequency"], each["queryPeriod"]) == ("PT5M", "PT36H")


def test_a_monitor_that_cannot_read_is_found() -> None:
    found = rows_of("blind", row("a", ControlId="MONITOR-BLIND"), row("b"))

    assert len(found) == 1


@pytest.mark.parametrize(
    ("hours", "control", "found"), [(1, HEARTBEAT, 0), (3, HEARTBEAT, 1), (1, "STORAGE-TLS", 1)]
)
def test_silence_is_found_although_it_writes_no_row(hours: int, control: str, found: int) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours)

    assert len(rows_of("silent", row("a", TimeGenerated=at, ControlId=control))) == found


def test_a_monitor_that_never_wrote_is_silent() -> None:
    assert len(rows_of("silent")) == 1


@pytest.mark.parametrize(
    ("user", "result", "found"),
    [(FIRST, "0", 1), (SECOND.upper(), "0", 1), (FIRST, "50126", 1), (FIRST[:-1] + "9", "0", 0)],
)
def test_each_sign_in_of_an_emergency_access_account_is_found_also_a_failed_one(
    user: str, result: str, found: int
) -> None:
    with duckdb.connect() as connection:
        declared = ", ".join(f"{each} varchar" for each in SIGN_INS)
        connection.execute(f"create table SigninLogs ({declared}, {ARRIVED} timestamp)")
        values = (str(NOON), user, "glass@example.com", "203.0.113.7", result, "Azure Portal", "1")
        connection.execute(
            "insert into SigninLogs values (?, ?, ?, ?, ?, ?, ?, ?)", (*values, datetime.now(UTC))
        )
        text = RULES["break-glass"].replace("ingestion_time()", ARRIVED)

        assert len(duckdb_kql.query(connection, text).fetchall()) == found


def told(incident: str, activity: int, minutes: int, **values: object) -> dict[str, Any]:
    """Return a row of an incident; a later one has a larger sequence."""
    at = NOON + timedelta(minutes=minutes)
    finding = json.dumps({"metadata": {"sequence": minutes + 1}})
    base = {"IncidentId": incident, "FindingUid": "f", "ResourceId": "r", "Actor": "ana"}
    return row(
        f"{incident}{minutes}",
        **{**base, "ActivityId": activity, "TimeGenerated": at, "Finding": finding, **values},
    )


def test_an_incident_is_open_until_its_newest_row_resolves_it_in_whatever_order_they_arrive() -> (
    None
):
    closed = (told("a", 3, 20), told("a", 1, 0), told("a", 2, 10))
    reopened = (told("b", 3, 10), told("b", 2, 20), told("b", 1, 0))
    found = rows_of("open", *closed, *reopened, told("beat", 99, 0))

    assert [each[-1] for each in found] == ["b"]


@pytest.mark.parametrize(("resources", "found"), [("rst", 1), ("rs", 0), ("rrr", 0)])
def test_an_actor_after_whom_three_resources_failed_in_a_day_is_found(
    resources: str, found: int
) -> None:
    rows = [told(f"{at}", 1, at, ResourceId=each) for at, each in enumerate(resources)]

    assert len(rows_of("one-actor-many-resources", *rows)) == found
    assert rows_of("one-actor-many-resources", *({**each, "Actor": ""} for each in rows)) == []


@pytest.mark.parametrize(("incidents", "found"), [("abc", 1), ("ab", 0), ("aaaa", 0)])
def test_a_finding_that_came_back_twice_is_found(incidents: str, found: int) -> None:
    rows = [told(each, 1, at) for at, each in enumerate(incidents)]

    assert len(rows_of("returning", *rows)) == found


@pytest.mark.parametrize(
    ("ended", "severity", "found"),
    [
        (29, "Critical", 1),
        (29, "High", 1),
        (29, "Medium", 0),
        (31, "Critical", 0),
        (None, "High", 0),
    ],
)
def test_a_severe_exposure_of_less_than_half_an_hour_is_found(
    ended: int | None, severity: str, found: int
) -> None:
    rows = [told("a", 1, 0, Severity=severity)]
    rows += [] if ended is None else [told("a", 3, ended, Severity="Informational")]

    assert len(rows_of("short-lived", *rows)) == found


def test_the_workbook_counts_incidents_once() -> None:
    rows = (told("a", 1, 0), told("a", 2, 5), told("b", 1, 9, ResourceId="s"), told("b", 3, 10))

    assert [each[1:] for each in rows_of("by-control", *rows)] == [(2, 2)]
    assert [each[1:] for each in rows_of("by-day", *rows)] == [("Critical", 2)]
