"""The alerts about the monitor itself: their queries, and where they are kept."""

import json
import logging
import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import duckdb_kql
import pytest

from tests.infra.predicted import (
    GROUP,
    ROOT,
    SUBSCRIPTION,
    Body,
    of_type,
    only,
    resources,
    scope_of,
)
from tests.support.rig import ACCOUNT, Rig
from tests.support.rig import SUBSCRIPTION as WATCHED

TABLES = {
    "AppRequests": {"AppRoleName": "string", "Name": "string", "Success": "bool"},
    "AppTraces": {"AppRoleName": "string", "Message": "string", "TimeGenerated": "datetime"},
}
QUERIES = {
    path.stem: path.read_text(encoding="utf-8").replace("__APP__", "func-x")
    for path in sorted((ROOT / "infra/health").glob("*.kql"))
}
GROUP_ID = ACCOUNT.partition("/providers/")[0]
ALERTS = f"{SUBSCRIPTION}/resourceGroups/rg-phidrift-alerts"
RULES = "Microsoft.Insights/scheduledQueryRules"
UNDELETABLE = {
    "microsoft.keyvault/vaults/keys",  # only the closed data plane of the vault deletes a key
    "microsoft.operationalinsights/workspaces/tables",  # Azure's own
    *(
        f"microsoft.storage/storageaccounts/{each}services"
        for each in ("blob", "file", "queue", "table")
    ),
    *(f"microsoft.web/sites/{each}" for each in ("basicpublishingcredentialspolicies", "config")),
}
"""Types of which nothing is deleted alone."""

TOPICS = re.findall(
    r"/subscriptions/[\w/.-]+/systemTopics/[\w-]+",
    (ROOT / "infra/health/snapshot.bicepparam").read_text(encoding="utf-8"),
)


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


def found_waiting(lines: Iterable[tuple[int, str]]) -> list[str]:
    """Return the events that the query finds in lines of so many minutes ago."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with duckdb.connect() as connection:
        connection.execute(
            "create table AppTraces (TimeGenerated timestamp, AppRoleName varchar, Message varchar)"
        )
        connection.executemany(
            "insert into AppTraces values (?, 'func-x', ?)",
            [(now - timedelta(minutes=ago), line) for ago, line in lines],
        )
        return [each[0] for each in duckdb_kql.query(connection, QUERIES["waiting"]).fetchall()]


@pytest.mark.parametrize(
    ("ago", "taken", "is_found"), [(20, 19, 0), (25, 5, 1), (20, None, 1), (5, None, 0)]
)
@pytest.mark.parametrize("resource", [ACCOUNT, f"{ACCOUNT}/blobServices/default/containers/scans"])
def test_an_event_that_waits_in_the_queue_is_found_in_the_lines_that_the_monitor_writes(
    clinic: Rig,
    caplog: pytest.LogCaptureFixture,
    resource: str,
    ago: int,
    taken: int | None,
    is_found: int,
) -> None:
    with caplog.at_level(logging.INFO, logger="drift"):
        event = clinic.write(resource)
    lines = [
        (ago if line.startswith("event-accepted") else taken, line) for line in caplog.messages
    ]

    found = found_waiting([(minutes, line) for minutes, line in lines if minutes is not None])
    assert found == [event["id"]] * is_found


def test_events_that_the_queue_has_handled_are_not_found_though_their_lines_differ(
    clinic: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="drift"):
        clinic.write(ACCOUNT)
        clinic.write(ACCOUNT)
        clinic.write(f"{ACCOUNT}/blobServices/default/containers/scans")
        clinic.write(GROUP_ID)
        clinic.write(f"/subscriptions/{WATCHED}")

    assert len([each for each in caplog.messages if each.startswith("event-accepted")]) == 5
    assert found_waiting([(20, line) for line in caplog.messages]) == []


def test_nothing_that_an_alert_counts_is_sampled_away() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    left_out = host["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"]
    kinds = {"AppRequests": "Request", "AppTraces": "Trace"}
    read = {kinds[name] for each in QUERIES.values() for name in re.findall(r"\bApp\w+s\b", each)}

    assert read <= set(left_out.split(";"))


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


def removal() -> Body:
    """Return the properties of the alert that a part of the monitor was deleted."""
    found: Body = only("health", "Microsoft.Insights/activityLogAlerts")["properties"]
    return found


def equal_to(field: str) -> set[str]:
    """Return the values of a field that the alert compares with, in lower case."""
    either = [one for each in removal()["condition"]["allOf"][1:] for one in each["anyOf"]]
    return {each["equals"].lower() for each in either if each["field"] == field}


def test_the_end_of_every_part_of_the_monitor_is_alerted() -> None:
    kinds = {each["type"].lower() for part in ("app", "events") for each in resources(part)}
    groups = {
        "microsoft.resources/resourcegroups": "microsoft.resources/subscriptions/resourcegroups"
    }
    ends = {f"{groups.get(each, each)}/delete" for each in kinds - UNDELETABLE}

    assert removal()["enabled"] is True
    assert removal()["scopes"] == [SUBSCRIPTION]
    assert kinds >= UNDELETABLE
    assert equal_to("operationName") == ends | {
        *("microsoft.web/sites/stop/action", "microsoft.web/sites/functions/delete"),
    }


def test_the_end_of_a_part_is_alerted_in_each_group_that_has_one() -> None:
    shared = {each.split("/")[4].lower() for each in TOPICS}

    assert "rg-security" in shared
    assert equal_to("resourceGroup") == {"rg-snapshot", "rg-phidrift-events"} | shared


def test_the_end_of_a_role_of_the_app_and_of_the_workspace_is_alerted_wherever_they_are() -> None:
    workspace = only("app", "Microsoft.OperationalInsights/workspaces")["id"]
    roles = {
        each["id"].lower()
        for each in of_type("app", "Microsoft.Authorization/roleAssignments")
        if scope_of(each) in (SUBSCRIPTION, workspace)
    }

    assert len(roles) == 2
    assert equal_to("resourceId") == {workspace.lower()} | roles


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

    assert len(rules) == 5 + 3 * len(TOPICS) + 2 + 1
    assert [each["id"] for each in rules if group not in json.dumps(each["properties"])] == []
