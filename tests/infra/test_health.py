"""The alerts about the monitor itself: their queries, and where they are kept."""

import json
import re
import subprocess
from collections.abc import Sequence

import duckdb
import duckdb_kql
import pytest

from tests.infra.predicted import GROUP, ROOT, SUBSCRIPTION, of_type, only, resources

TABLES = {
    "AppRequests": {"AppRoleName": "string", "Name": "string", "Success": "bool"},
    "AppTraces": {"AppRoleName": "string", "Message": "string"},
}
QUERIES = {
    path.stem: path.read_text(encoding="utf-8").replace("__APP__", "func-x")
    for path in sorted((ROOT / "infra/health").glob("*.kql"))
}
ALERTS = f"{SUBSCRIPTION}/resourceGroups/rg-phidrift-alerts"
RULES = "Microsoft.Insights/scheduledQueryRules"


def test_microsofts_language_service_accepts_every_query() -> None:
    checked = subprocess.run(
        ["node", ROOT / "tests/adapters/log_analytics/kql_check.mjs"],
        input=json.dumps({"tables": TABLES, "queries": QUERIES}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    answers = json.loads(checked.stdout)
    assert answers.keys() == QUERIES.keys()
    assert [problem for each in answers.values() for problem in each["problems"]] == []


@pytest.mark.parametrize(
    ("query", "rows", "found"),
    [
        ("silent", [("func-x", "tick", True)], 1),
        ("silent", [("func-x", "tick", False), ("func-x", "health", True)], 0),
        ("silent", [("another", "tick", True)], 0),
        ("failures", [("func-x", "deliver", False), ("func-x", "tick", True)], 1),
        ("poison", [("func-x", "changes_poisoned", True), ("func-x", "deliver", True)], 1),
    ],
)
def test_a_query_counts_what_it_is_for(
    query: str, rows: Sequence[tuple[str, str, bool]], found: int
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table AppRequests (AppRoleName varchar, Name varchar, Success boolean)"
        )
        connection.executemany("insert into AppRequests values (?, ?, ?)", rows)

        assert len(duckdb_kql.query(connection, QUERIES[query]).fetchall()) == found


def test_a_query_names_functions_that_exist() -> None:
    text = (ROOT / "function_app.py").read_text(encoding="utf-8")
    functions = set(re.findall(r"^def ([a-z]\w+)\(", text, re.MULTILINE))
    named = set(re.findall(r"'(tick|\w+_poisoned)'", "".join(QUERIES.values())))

    assert named == {"tick", *(each for each in functions if each.endswith("_poisoned"))}


def test_a_query_names_a_line_of_the_log_that_exists() -> None:
    [event] = re.findall(r"startswith '([\w-]+)'", QUERIES["undelivered"])

    assert f"| `{event}` |" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def test_silence_fires_although_it_writes_no_row() -> None:
    [silent] = [each for each in of_type("health", RULES) if each["id"].endswith("-silent")]
    [condition] = silent["properties"]["criteria"]["allOf"]

    assert (condition["timeAggregation"], condition["operator"]) == ("Count", "LessThan")
    assert condition["threshold"] == 1


def test_every_alert_and_its_action_group_outlive_the_group_of_the_app() -> None:
    found = {each["id"] for each in resources("health")}

    assert found
    assert {each for each in found if not each.startswith(ALERTS)} == set()
    assert not ALERTS.startswith(GROUP)


def test_the_end_of_every_part_of_the_monitor_is_alerted() -> None:
    properties = only("health", "Microsoft.Insights/activityLogAlerts")["properties"]
    text = json.dumps(properties["condition"]).lower()

    assert properties["enabled"] is True
    assert properties["scopes"] == [SUBSCRIPTION]
    for operation in (
        *("microsoft.resources/subscriptions/resourcegroups/delete", "microsoft.web/sites/delete"),
        *("microsoft.web/sites/stop/action", "microsoft.eventgrid/systemtopics/delete"),
        "microsoft.eventgrid/systemtopics/eventsubscriptions/delete",
        "microsoft.authorization/roleassignments/delete",
    ):
        assert operation in text
    assert "rg-snapshot" in text
    assert "rg-phidrift-events" in text


def test_every_rule_alerts_the_action_group() -> None:
    group = only("health", "Microsoft.Insights/actionGroups")["id"]
    rules = [
        each
        for kind in (
            RULES,
            "Microsoft.Insights/metricAlerts",
            "Microsoft.Insights/activityLogAlerts",
        )
        for each in of_type("health", kind)
    ]

    assert len(rules) == 4 + 3 + 2 + 1
    assert [each["id"] for each in rules if group not in json.dumps(each["properties"])] == []
