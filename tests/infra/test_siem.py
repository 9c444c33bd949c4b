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
QUERIES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "infra/siem").glob("*.kql"))
}


def rows_of(query: str, *rows: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    """Return what a query finds in a table of findings."""
    kinds = {"datetime": "timestamp", "int": "integer", "dynamic": "json"}
    declared = ", ".join(f"{each['name']} {kinds.get(each['type'], 'varchar')}" for each in COLUMNS)
    with duckdb.connect() as connection:
        connection.execute(f"create table PhiDrift_CL ({declared})")
        for row in rows:
            values = [row.get(name) for name in NAMES]
            marks = ", ".join("?" for _ in NAMES)
            connection.execute(f"insert into PhiDrift_CL values ({marks})", values)
        found: Sequence[tuple[Any, ...]] = duckdb_kql.query(connection, QUERIES[query]).fetchall()
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

    assert {each["properties"]["query"] for each in rules} == set(QUERIES.values())


def test_microsofts_language_service_accepts_every_query() -> None:
    kinds = {"datetime": "datetime", "int": "int", "dynamic": "dynamic", "string": "string"}
    table = {each["name"]: kinds[each["type"]] for each in COLUMNS}
    checked = subprocess.run(
        ["node", ROOT / "tests/adapters/log_analytics/kql_check.mjs"],
        input=json.dumps({"tables": {"PhiDrift_CL": table}, "queries": QUERIES}),
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
